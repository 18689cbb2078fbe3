// SPDX-License-Identifier: Apache-2.0
/*
 * cld2.cc - see cld2.h.  C++ because CLD2 speaks nothing else.
 */
#include "preprocessor/clean/cld2.h"

#include <cstdio> /* the header of CLD2 wants it */

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

const char *clean_cld2(const char *text, int size, const char *hint)
{
    CLD2::CLDHints hints = { hint, nullptr, CLD2::UNKNOWN_ENCODING,
                             CLD2::UNKNOWN_LANGUAGE };
    CLD2::Language languages[3];
    int percents[3];
    double scores[3];
    int letters = 0;
    bool reliable = false;
    CLD2::Language found = CLD2::ExtDetectLanguageSummary(
        text, size, true, &hints, 0, languages, percents, scores, nullptr,
        &letters, &reliable);

    if (!reliable || found == CLD2::UNKNOWN_LANGUAGE)
        return nullptr;
    return CLD2::LanguageCode(found);
}
