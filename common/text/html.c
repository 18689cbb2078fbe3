// SPDX-License-Identifier: Apache-2.0
/*
 * html.c - see html.h.
 *
 * lexbor hands each token to a callback before the tree is built of it.  Ours
 * stands in front: it notes in a node's `user` where its token was, and keeps
 * what the standard leaves without bounds within some (depth, the list of
 * formatting elements that are opened again in every paragraph, text that is
 * appended to one node over and over).
 */
#include "common/text/html.h"

#include <lexbor/dom/dom.h>
#include <lexbor/html/html.h>
#include <lexbor/html/tree/open_elements.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

/* Open formatting elements that are carried into the next block. */
#define FORMATTING_MAX 16u

/* Bytes of tree for one of source, and to begin with; honest pages need 20 to
 * 30. */
#define TREE_GROWTH    48u
#define TREE_START     ((size_t)4 << 20)
#define TREE_BYTES_MAX ((size_t)1 << 30)

/* Bytes of text copied again for one of source. */
#define COPY_GROWTH 64u

struct place {
    size_t start;
    size_t end;
};

struct page {
    struct mr_html html;
    lxb_html_document_t *document;
    struct mr_arena *places;
    struct mr_html_node *nodes;
    size_t node_room;
    struct mr_html_attr *attrs;
    size_t attr_count;
    size_t attr_room;
};

/* What the callback knows. */
struct watch {
    struct page *page;
    struct mr_span source;
    lxb_html_tokenizer_token_f build;
    void *context;
    size_t copied;
};

static bool is_open(const lxb_html_token_t *token)
{
    return (token->type & LXB_HTML_TOKEN_TYPE_CLOSE) == 0 &&
           token->tag_id > LXB_TAG__EM_DOCTYPE;
}

/* Elements that switch the tokenizer, and soon end. */
static bool is_leaf(lxb_tag_id_t tag)
{
    return tag == LXB_TAG_SCRIPT || tag == LXB_TAG_STYLE ||
           tag == LXB_TAG_TITLE || tag == LXB_TAG_TEXTAREA ||
           tag == LXB_TAG_NOSCRIPT || tag == LXB_TAG_IFRAME ||
           tag == LXB_TAG_XMP || tag == LXB_TAG_NOEMBED ||
           tag == LXB_TAG_NOFRAMES || tag == LXB_TAG_PLAINTEXT;
}

/* Chunks of the tree's memory, as if each had the least size. */
static size_t tree_bytes(const struct page *page)
{
    const lexbor_mem_t *nodes = page->document->dom_document.mraw->mem;
    const lexbor_mem_t *text = page->document->dom_document.text->mem;

    return nodes->chunk_length * nodes->chunk_min_size +
           text->chunk_length * text->chunk_min_size;
}

/* Whether the page takes more work or memory than its size explains. */
static bool is_exploding(const struct watch *watch)
{
    size_t most = TREE_GROWTH * watch->source.size + TREE_START;

    if (most > TREE_BYTES_MAX)
        most = TREE_BYTES_MAX;
    return watch->copied > COPY_GROWTH * watch->source.size + TREE_START ||
           tree_bytes(watch->page) > most;
}

/* Notes where the node came from that `token` made: the last one, if it is
 * where such a token puts it. */
static void note_place(struct watch *watch, lxb_html_tree_t *tree,
                       lxb_tag_id_t tag, struct place place)
{
    size_t depth = lexbor_array_length(tree->open_elements);
    lxb_dom_node_t *node = depth == 0 ? NULL
                                      : (lxb_dom_node_t *)lexbor_array_get(
                                            tree->open_elements, depth - 1);
    struct place *note;

    if (node == NULL)
        return;
    if (tag == LXB_TAG__TEXT || node->local_name != tag)
        node = node->last_child;
    if (node == NULL || node->local_name != tag)
        return;
    if (node->user != NULL) {
        if (tag == LXB_TAG__TEXT) {
            note = (struct place *)node->user;
            note->end = place.end;
            watch->copied +=
                lxb_dom_interface_character_data(node)->data.length;
        }
        return;
    }
    note = mr_arena_alloc(watch->page->places, sizeof(*note));
    *note = place;
    node->user = note;
}

static lxb_html_token_t *on_token(lxb_html_tokenizer_t *tokenizer,
                                  lxb_html_token_t *token, void *context)
{
    struct watch *watch = (struct watch *)context;
    lxb_html_tree_t *tree = (lxb_html_tree_t *)watch->context;
    lxb_tag_id_t tag = token->tag_id;
    bool open = is_open(token) || tag == LXB_TAG__TEXT;
    struct place place = { 0, 0 };

    if (token->begin >= watch->source.data && token->end >= token->begin &&
        token->end <= watch->source.data + watch->source.size)
        place = (struct place){ (size_t)(token->begin - watch->source.data),
                                (size_t)(token->end - watch->source.data) };
    if (is_open(token) && !is_leaf(tag) &&
        lexbor_array_length(tree->open_elements) >= MR_HTML_DEPTH_MAX)
        return token;
    if (is_exploding(watch)) {
        watch->page->html.cut = true;
        tokenizer->status = LXB_STATUS_STOPPED;
        return NULL;
    }
    token = watch->build(tokenizer, token, watch->context);
    if (token != NULL && open && place.end > place.start)
        note_place(watch, tree, tag, place);
    while (lexbor_array_length(tree->active_formatting) > FORMATTING_MAX)
        lexbor_array_delete(tree->active_formatting, 0, 1);
    return token;
}

static void build_tree(struct page *page, struct mr_span source)
{
    lxb_html_parser_t *parser = lxb_html_parser_create();
    struct watch watch = { .page = page, .source = source };
    lxb_html_tokenizer_t *tokenizer;

    if (lxb_html_parser_init(parser) != LXB_STATUS_OK)
        abort(); /* out of memory */
    page->document = lxb_html_parse_chunk_begin(parser);
    if (page->document == NULL)
        abort();
    tokenizer = lxb_html_parser_tokenizer(parser);
    watch.build = tokenizer->callback_token_done;
    watch.context = tokenizer->callback_token_ctx;
    lxb_html_tokenizer_callback_token_done_set(tokenizer, on_token, &watch);
    if (lxb_html_parse_chunk_process(parser, source.data, source.size) ==
        LXB_STATUS_OK)
        (void)lxb_html_parse_chunk_end(parser);
    (void)lxb_html_parser_destroy(parser);
}

static enum mr_html_tag tag_of(const lxb_dom_node_t *node)
{
    static const uint8_t tags[LXB_TAG__LAST_ENTRY] = {
#define MR_HTML_TAG_ROW(name) [LXB_TAG_##name] = MR_HTML_##name,
        MR_HTML_TAGS(MR_HTML_TAG_ROW)
#undef MR_HTML_TAG_ROW
    };

    static_assert(MR_HTML_TAG_COUNT <= 256, "a tag is a byte here");
    if (node->local_name >= LXB_TAG__LAST_ENTRY)
        return MR_HTML_OTHER;
    return (enum mr_html_tag)tags[node->local_name];
}

static bool name_of(const lxb_dom_attr_t *attr, enum mr_html_name *out)
{
    static const char *const names[] = {
#define MR_HTML_NAME_ROW(name, text) [MR_HTML_ATTR_##name] = text,
        MR_HTML_NAMES(MR_HTML_NAME_ROW)
#undef MR_HTML_NAME_ROW
    };
    size_t size;
    const lxb_char_t *name =
        lxb_dom_attr_qualified_name((lxb_dom_attr_t *)(uintptr_t)attr, &size);

    for (unsigned i = 0; name != NULL && i < MR_HTML_ATTR_COUNT; i++) {
        if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0) {
            *out = (enum mr_html_name)i;
            return true;
        }
    }
    return false;
}

static void add_attrs(struct page *page, lxb_dom_node_t *node,
                      struct mr_html_node *out)
{
    lxb_dom_attr_t *attr =
        lxb_dom_element_first_attribute(lxb_dom_interface_element(node));

    for (; attr != NULL; attr = lxb_dom_element_next_attribute(attr)) {
        struct mr_html_attr known = { .value = mr_span("", 0) };

        if (!name_of(attr, &known.name))
            continue;
        if (attr->value != NULL && attr->value->data != NULL)
            known.value = mr_span(attr->value->data, attr->value->length);
        if (page->attr_count == page->attr_room) {
            page->attr_room = page->attr_room == 0 ? 64 : 2 * page->attr_room;
            page->attrs = mr_realloc_array(page->attrs, page->attr_room,
                                           sizeof(page->attrs[0]));
        }
        page->attrs[page->attr_count++] = known;
        out->attr_count++;
    }
}

static uint32_t add_node(struct page *page, lxb_dom_node_t *node,
                         uint32_t parent)
{
    uint32_t nth = page->html.count++;
    const struct place *place = (const struct place *)node->user;
    struct mr_html_node *out;

    if (nth == page->node_room) {
        page->node_room = page->node_room == 0 ? 256 : 2 * page->node_room;
        page->nodes = mr_realloc_array(page->nodes, page->node_room,
                                       sizeof(page->nodes[0]));
    }
    out = &page->nodes[nth];
    *out = (struct mr_html_node){ .parent = parent,
                                  .attr = (uint32_t)page->attr_count };
    if (place != NULL) {
        out->source = place->start;
        out->source_end = place->end;
    }
    if (node->type == LXB_DOM_NODE_TYPE_TEXT) {
        const lexbor_str_t *text =
            &lxb_dom_interface_character_data(node)->data;

        out->tag = MR_HTML_TEXT;
        out->text =
            mr_span(text->data == NULL ? (const lxb_char_t *)"" : text->data,
                    text->length);
    } else if (node->type == LXB_DOM_NODE_TYPE_ELEMENT) {
        out->tag = tag_of(node);
        add_attrs(page, node, out);
    }
    return nth;
}

static bool is_shown(const lxb_dom_node_t *node)
{
    return node->type == LXB_DOM_NODE_TYPE_TEXT ||
           node->type == LXB_DOM_NODE_TYPE_ELEMENT;
}

/* The tree in its order, without recursion. */
static void lay_out(struct page *page)
{
    lxb_dom_node_t *root = lxb_dom_interface_node(page->document);
    lxb_dom_node_t *node = root->first_child;
    uint32_t parent = add_node(page, root, 0);

    while (node != NULL) {
        if (is_shown(node)) {
            uint32_t nth = add_node(page, node, parent);

            if (node->first_child != NULL) {
                parent = nth;
                node = node->first_child;
                continue;
            }
            page->nodes[nth].end = page->html.count;
        }
        while (node->next == NULL && node->parent != root) {
            page->nodes[parent].end = page->html.count;
            parent = page->nodes[parent].parent;
            node = node->parent;
        }
        node = node->next;
    }
    page->nodes[0].end = page->html.count;
}

struct mr_html *mr_html_parse(struct mr_span source)
{
    struct page *page = mr_calloc(1, sizeof(*page));
    static const uint8_t nothing[1];

    if (source.data == NULL)
        source = mr_span(nothing, 0);
    page->places = mr_arena_new();
    build_tree(page, source);
    lay_out(page);
    page->html.nodes = page->nodes;
    page->html.attrs = page->attrs;
    return &page->html;
}

void mr_html_free(struct mr_html *html)
{
    struct page *page = (struct page *)html;

    if (page == NULL)
        return;
    (void)lxb_html_document_destroy(page->document);
    mr_arena_free(page->places);
    mr_free(page->nodes);
    mr_free(page->attrs);
    mr_free(page);
}

struct mr_span mr_html_attr(const struct mr_html *html, uint32_t node,
                            enum mr_html_name name)
{
    const struct mr_html_node *at = &html->nodes[node];

    for (uint32_t i = 0; i < at->attr_count; i++)
        if (html->attrs[at->attr + i].name == name)
            return html->attrs[at->attr + i].value;
    return mr_span(NULL, 0);
}
