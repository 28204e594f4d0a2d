/*
 * evenhand-data: hospital files in, hospital files out. The one program that links HDF5; it has
 * neither network nor keys.
 */
#include "crypto/hash.h"
#include "node/data/cohort.h"
#include "node/data/sandbox.h"
#include "node/data/verbs.h"

int main(int argc, char **argv)
{
    bool closed = sandbox_enter();
    const struct opt_verb verbs[] = {
        import_verb, recipe_settings_verb, pack_verb,      check_verb,  describe_verb,
        cohort_verb, export_verb,          transform_verb, opt_explain,
    };

    crypto_start();
    return opt_main("evenhand-data",
                    closed ? "hospital data: tables and HDF5 into the files that nodes read"
                           : "hospital data (this kernel cannot take the network away)",
                    verbs, COUNT(verbs), argc, argv);
}
