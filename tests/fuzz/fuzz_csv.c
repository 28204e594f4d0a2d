/* Any bytes: refused, or rows that all have as many fields as the first. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "node/data/csv.h"
#include "proto/base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The first byte chooses the separator and whether the recipe names the columns. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = {"a", "b", "c"};
    static const char separators[] = ",;\t|";
    struct csv *c;
    bool more = true;

    if (len == 0)
        return 0;
    struct csv_form form = {separators[data[0] & 3], (data[0] & 4) != 0 ? names : NULL, 3};
    enum status st = csv_parse(&c, data + 1, len - 1, "fuzz", &form);
    if (st != ST_OK)
        return 0;
    while (st == ST_OK && more) {
        st = csv_next(c, &more);
        for (size_t i = 0; st == ST_OK && more && i < csv_width(c); i++) {
            double v;
            must(strlen(csv_field(c, i)) <= len);
            if (csv_number(&v, csv_field(c, i)) == CSV_NUMBER)
                must(isfinite(v));
        }
    }
    csv_close(&c);
    must(c == NULL);
    return 0;
}
