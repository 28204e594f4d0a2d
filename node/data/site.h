/*
 * site.h - one site's file: HDF5 as product and foreign tools see it, flat as nodes map it.
 *
 *     /x               float32 [N,D], or [N,P,D] for patches (flat: [N,P*D])
 *     /patient         text or integer [N]
 *     /split           "train", "valid" or "test" [N]
 *     /label/<task>    int8 [N], -1 unknown; attribute `names` when it has more than two levels
 *     /group/<name>    int32 [N], -1 unknown, with attribute `names`;
 *                      or float32, NaN unknown: regression
 *     /feature_names   text [D], named by the attribute `features` of /; may be absent
 *     /                attribute `site`; absent: the file's name
 *
 * A file of predictions has, in the place of /x,
 *
 *     /score/<task>    float32 or float64 [N], the predicted probability of every /label/<task>
 *
 * and may lack /split: then all rows are for the test. A float32 is taken for the decimal number
 * that it was (score_of_float).
 *
 * An attribute `kind` (binary, categorical, regression) tells a categorical
 * attribute of two levels from a binary one; absent: two levels are binary.
 */
#ifndef EVENHAND_SITE_H
#define EVENHAND_SITE_H

#include "node/flat.h"
#include "node/h5/read.h"
#include "node/h5/write.h"

struct site {
    struct flat flat;           /* borrows the vectors below */
    uint64_t *patient;          /* [rows] */
    uint8_t *split;             /* [rows] */
    float *value;               /* [tasks + groups, rows] */
    float *x;                   /* [rows, width] */
    const char **patient_text;  /* [rows]; NULL when read. Borrows the texts */
    const char *const *feature; /* [width] names; NULL: none. Borrows, or lives in `names` */
    struct h5_texts names;
};

/* Where a foreign file keeps what we call /x, /patient, /split. x may be the folder of scores. */
struct site_paths {
    const char *x, *patient, *split;
};

extern const struct site_paths site_paths_ours;
extern const char *const site_split_word[3];
extern const char *const site_kind_word[3];

/* Vectors for so many rows; whole: x and patient_text too. Stops when memory is out. */
void site_alloc(struct site *s, size_t rows, size_t width, size_t targets, bool whole);
void site_free(struct site *s);

/*
 * Reads all of an HDF5 file and judges its form: shapes, words, ranges of levels. Whether x is
 * finite and a patient has one split is flat_judge's to say. EC_IO_OPEN, EC_DATA_H5,
 * EC_DATA_SHAPE, EC_DATA_VALUE, EC_DATA_NAN (an infinite age), EC_DATA_EMPTY.
 */
MUST_CHECK enum status site_read(struct site *s, const char *path, const struct site_paths *where);
/*
 * The same without x, out of a file that is open; flat.width is judged, flat.x is NULL. For who
 * reads x piece by piece, after trying it in a child (probe.h) as site_read does.
 */
MUST_CHECK enum status site_read_columns(struct site *s, struct h5_reader *r, const char *path,
                                         const struct site_paths *where);
/* Reads a flat file or, when it is none, HDF5: what check and describe are given. */
MUST_CHECK enum status site_read_any(struct site *s, bool *flat, const char *path,
                                     const struct site_paths *where);
/* Writes HDF5 with patient_text. recipe is noted on /, for people; "": not. */
MUST_CHECK enum status site_write(const struct site *s, const char *path, const char *recipe);
/* Puts all of it but the name, x and /patient into a file that is being written. */
MUST_CHECK enum status site_put_columns(struct h5_writer *w, const struct site *s);

/* Patients of the rows in this split; SPLIT_NONE: of all rows. */
size_t site_patients(const struct flat *f, enum split split);

#endif
