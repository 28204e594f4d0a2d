/*
 * markup.h - the tags of a page, for tests of what is written as HTML. Fails the test where a page
 * is not well formed.
 */
#ifndef EVENHAND_MARKUP_H
#define EVENHAND_MARKUP_H

#include <stddef.h>

#define MARKUP_TAG_MAX 4096

/*
 * The next tag from at on, without its brackets: `td class="number"`, `/td`. Returns what is behind
 * it, NULL when there is no more. Pass the tag before in, "" first: within a script are none.
 */
const char *markup_next(char tag[static MARKUP_TAG_MAX], const char *at);
/*
 * The page without what stands between <script ...> and its end, which no reader sees. malloc,
 * yours.
 */
char *markup_without_scripts(const char *page);
/* What is opened is closed, in order. Returns how many elements there were. */
size_t markup_balance(const char *page);
/* All tags, a line each, without places to break a name (wbr). malloc, yours. */
char *markup_bones(const char *page);

#endif
