/*
 * html.h - HTML written piece by piece.
 *
 *     html_table(to, "Checks", NULL);
 *     fputs("<tbody><tr>", to);
 *     html_head(to, "row", NULL, name);       <- escaped
 *     html_element(to, "td", "ok", "ok");     <- escaped
 *     fputs("</tr></tbody>", to);
 *     html_table_end(to);
 *
 * Markup, names of elements, classes and ids are constants of ours and are written as they stand.
 * Everything else goes through html_text, which lets nothing out that a browser would act upon.
 */
#ifndef EVENHAND_HTML_H
#define EVENHAND_HTML_H

#include <stdio.h>

/*
 * The text with & < > " ' as references, and '?' for a control character (text_control). Good
 * between tags and between the quotes of an attribute.
 */
void html_text(FILE *to, const char *text);
/* The same, with places where a name may be broken: behind = / : and commas. */
void html_name(FILE *to, const char *text);
/* <name class="class">text</name>; class NULL: none. */
void html_element(FILE *to, const char *name, const char *class, const char *text);
/* <th scope="scope" class="class">text</th>: scope is "col", "row". */
void html_head(FILE *to, const char *scope, const char *class, const char *text);
/* A cell with a number, as words.h writes it: .893; 1,061; a number of json with its interval. */
void html_figure(FILE *to, double v);
void html_count(FILE *to, double v);
void html_number(FILE *to, const char *value, const char *interval);
/* The heads of a table's columns, a letter each: t, or n for numbers at the right; opens its body. */
void html_heads(FILE *to, const char *const *head, const char *kinds);

/* A section and its heading of the second level; id is what links lead to. */
void html_section(FILE *to, const char *id, const char *title);
void html_section_end(FILE *to);
/* A table with its caption, in a region that scrolls by itself where it is wider than the page. */
void html_table(FILE *to, const char *caption, const char *class);
void html_table_end(FILE *to);

#endif
