// SPDX-License-Identifier: Apache-2.0
/*
 * stop_words.c - see stop_words.h.
 */
#include "preprocessor/clean/stop_words.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_span.h"
#include "preprocessor/clean/shingles.h"

#define SLOTS 1024u

/* Each language's commonest words that carry no subject, about 30. */
static const char *const lists[] = {
    "the be is are was were to of and a in that have has had it for not on "
    "with he as you do at this but his by from they we she or an will there "
    "their what so if about who which when can",
    "der die das den dem des ein eine einer einem einen und ist sind war in zu "
    "mit von auf f\xC3\xBCr nicht sich auch es er sie wir ich als an bei "
    "nach wie aus aber oder dass wird werden durch zum zur im am um noch",
    "le la les un une des du de et est sont en que qui dans pour pas au aux "
    "sur avec ce cette il elle nous vous ils se ne plus par ou mais son sa",
    "el los las una unos y es son con para por que del al se no lo su como "
    "m\xC3\xA1s pero sus este esta entre",
    "il lo gli i uno e \xC3\xA8 di che non per con del della dei si una sono "
    "anche come da al nel alla pi\xC3\xB9",
    "o os as um uma do dos da das em no na nos nas n\xC3\xA3o se por com mais "
    "como mas foi ao ele",
    "het een van en dat op te zijn met voor niet aan er ook als bij door naar "
    "uit maar dan wordt hij ze",
    "w na z do nie si\xC4\x99 jest to \xC5\xBC"
    "e o jak po ale od za przez "
    "dla tak co jego oraz tym",
    "och att det som p\xC3\xA5 \xC3\xA4r av f\xC3\xB6r med den till inte om "
    "ett har jag men var fr\xC3\xA5n s\xC3\xA5",
    "a se na je v \xC5\xBE"
    "e to s do o jsem ve za by pro jako ale tak jsou",
};

static uint64_t slots[SLOTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(uint64_t hash, size_t *slot)
{
    *slot = (size_t)hash % SLOTS;
    while (slots[*slot] != 0 && slots[*slot] != hash)
        *slot = (*slot + 1) % SLOTS;
    return slots[*slot] == hash;
}

static void fill(void)
{
    size_t used = 0, slot;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const char *at = lists[i];

        while (*at != '\0') {
            size_t size = strcspn(at, " ");
            uint64_t hash = clean_word_hash(mr_span(at, size));

            if (!find(hash, &slot)) {
                slots[slot] = hash;
                used++;
            }
            at += size + (at[size] == ' ');
        }
    }
    MR_ASSERT(used < SLOTS / 2);
}

size_t clean_count_stop_words(const uint64_t *words, size_t count)
{
    size_t found = 0, slot;

    (void)pthread_once(&once, fill);
    for (size_t i = 0; i < count; i++)
        found += find(words[i], &slot);
    return found;
}
