# SPDX-License-Identifier: Apache-2.0
"""The whole line, from a document that is put to a question answered."""
import pytest

TRANSFORMERS = "Transformers are neural networks"
FAISS = "FAISS is a vector database"


@pytest.fixture
def seeded(server):
    assert server.put("a", TRANSFORMERS).status == 200
    assert server.put("b", FAISS).status == 200
    return server


def test_the_minimal_flow_ends_with_the_exact_prompt(seeded):
    hits = seeded.search("What is FAISS?", mode="dense")["hits"]
    assert [hit["document"] for hit in hits] == ["b", "a"]
    reply = seeded.call("POST", "/v1/answer",
                        {"query": "What is FAISS?", "top_k": 1}).json()
    assert reply["prompt"] == (
        "Context: FAISS is a vector database\n"
        "Question: What is FAISS?\nAnswer:")
    assert reply["answer"] == "FAISS is a vector database [1]"
    assert reply["citations"][0]["document"] == "b"
    assert reply["generator"] == "extractive"
    feedback = seeded.call("POST", "/v1/feedback",
                           {"event": reply["event"], "rating": 1})
    assert feedback.status == 200
    assert len(feedback.json()["event"]) == 32


@pytest.mark.parametrize("mode", ["hybrid", "dense", "keyword"])
def test_every_mode_finds_the_right_document_first(seeded, mode):
    reply = seeded.search("What is FAISS?", mode=mode)
    assert reply["hits"][0]["document"] == "b"
    assert reply["hits"][0]["text"] == FAISS
    assert reply["partial"] is False
    assert reply["mode"] == mode


def test_a_put_that_waits_tells_the_state(server):
    reply = server.put("a", TRANSFORMERS, title="About", url="http://x/",
                       metadata={"year": 2024, "tags": ["x", "y"]}).json()
    assert reply["state"] == "live"
    assert reply["dense"] == "searchable"
    document = server.get("a").json()
    assert document["text"] == TRANSFORMERS
    assert document["title"] == "About"
    assert document["url"] == "http://x/"
    assert document["metadata"] == {"tags": ["x", "y"], "year": 2024}
    assert document["version"] == reply["version"]


def test_a_time_that_is_none_is_refused(server):
    for wrong in ("12abc", "", "0", "-1", "1e3", "999999999999999999999"):
        reply = server.put("a", "text", query=f"&timeout_ms={wrong}")
        assert reply.status == 400, wrong
        assert "timeout_ms" in reply.json()["error"]["message"]
    assert server.put("a", "text", query="&timeout_ms=9000").status == 200


def test_a_put_without_wait_is_accepted_with_a_token(server):
    reply = server.put("a", FAISS, wait="")
    assert reply.status == 202
    token = reply.json()["token"]
    found = server.search("FAISS", at_least=token)
    assert [hit["document"] for hit in found["hits"]] == ["a"]


def test_an_update_replaces_the_old_words(server):
    server.put("a", "the quick brown fox")
    first = server.get("a").json()["version"]
    server.put("a", "a slow green turtle")
    assert server.found("fox", mode="keyword") == []
    assert server.found("turtle", mode="keyword") == ["a"]
    assert server.get("a").json()["version"] > first


def test_a_deletion_takes_effect_at_once(seeded):
    assert seeded.delete("b").json()["state"] == "deleted"
    assert seeded.found("FAISS", mode="keyword") == []
    assert "b" not in seeded.found("FAISS", mode="dense")
    assert seeded.get("b").json()["state"] == "deleted"
    seeded.put("b", FAISS)
    assert seeded.found("FAISS", mode="keyword") == ["b"]


def test_a_patch_changes_metadata_and_embeds_nothing(seeded):
    before = seeded.get("b").json()
    reply = seeded.patch("b", metadata={"lang": "en"}).json()
    assert reply["state"] == "live"
    after = seeded.get("b").json()
    assert after["metadata"] == {"lang": "en"}
    assert after["version"] > before["version"]
    assert after["content_version"] == before["content_version"]
    assert seeded.found("FAISS", filter={"lang": "en"}) == ["b"]
    seeded.patch("b", metadata={"lang": None})
    assert seeded.get("b").json()["metadata"] == {}
    assert seeded.found("FAISS", filter={"lang": "en"}) == []


def test_equal_texts_are_one_document_and_the_next_is_promoted(server):
    server.put("first", FAISS)
    reply = server.put("second", FAISS).json()
    assert reply["state"] == "duplicate"
    assert reply["duplicate_of"] == "first"
    assert server.found("FAISS", mode="keyword") == ["first"]
    server.delete("first")
    assert server.put("nudge", TRANSFORMERS).status == 200
    assert server.found("FAISS", mode="keyword") == ["second"]
    assert server.get("second").json()["state"] == "live"


def test_documents_of_different_owners_are_no_duplicates(server):
    server.put("mine", FAISS, owner="me")
    assert server.put("yours", FAISS, owner="you").json()["state"] == "live"


def test_an_empty_document_is_rejected_with_its_rule(server):
    reply = server.put("a", "  \n ").json()
    assert reply["state"] == "rejected"
    assert reply["rule"] == "empty"
    assert server.get("a").json()["state"] == "rejected"


def test_filters_select_by_metadata(server):
    for year in (2020, 2022, 2024):
        server.put(f"y{year}", f"report number {year} about rivers",
                   metadata={"year": year})
    assert server.found("rivers", filter={"year": {"gte": 2022}}) in (
        ["y2022", "y2024"], ["y2024", "y2022"])
    assert server.found("rivers", filter={"year": 2020}) == ["y2020"]
    assert server.found("rivers", filter={"year": [2020, 9]}) == ["y2020"]
    assert server.found("rivers", filter={"$id": "y2024"}) == ["y2024"]


def test_explain_gives_the_parts_of_a_score(seeded):
    hit = seeded.search("vector database", explain=True)["hits"][0]
    parts = hit["explain"]["keyword"]
    assert abs(sum(parts["terms"].values()) - parts["bm25"]) < 1e-9
    assert 0 < hit["explain"]["dense"]["cosine"] <= 1


def test_highlights_are_byte_ranges_of_the_words(seeded):
    hit = seeded.search("databases", mode="keyword")["hits"][0]
    text = hit["text"].encode()
    assert [text[a:b].decode() for a, b in hit["highlights"]] == ["database"]


def test_a_question_without_an_answer_says_so(seeded):
    reply = seeded.call("POST", "/v1/answer",
                        {"query": "Who painted the ceiling?"}).json()
    assert reply["found"] is False
    assert reply["answer"] == "nothing found in the sources"
    assert reply["citations"] == []


def test_an_id_may_be_a_url(server):
    name = "https://example.org/a/b?c=d&e=f#g"
    assert server.put(name, FAISS).json()["id"] == name
    assert server.get(name).json()["text"] == FAISS


def test_why_tells_the_story(seeded):
    told = seeded.cli("why", "b")
    assert told.returncode == 0, told.stderr
    assert "live" in told.stdout
    assert "searchable by words and by meaning" in told.stdout
    story = seeded.call("GET", "/v1/why/b").json()
    assert story["raw"]["kind"] == "put"
    assert story["raw"]["source"] == "api"


def test_the_command_line_asks_the_server(seeded):
    told = seeded.cli("query", "vector", "database")
    assert told.returncode == 0
    assert FAISS in told.stdout
    told = seeded.cli("answer", "What is FAISS?")
    assert told.stdout.startswith("FAISS is a vector database [1]")
    told = seeded.cli("status")
    assert "2 live" in told.stdout
    assert seeded.cli("delete", "b").stdout == "deleted\n"
    assert seeded.cli("why", "nobody").returncode == 1


def test_the_status_accounts_for_every_input(server):
    for number in range(20):
        server.put(f"d{number}", f"document number {number}", wait="")
    server.put("last", "the last of them")
    server.put("empty", " ")
    status = server.status()
    assert status["documents"]["live"] == 21
    assert status["documents"]["rejected"] == 1
    clean = next(stage for stage in status["stages"]
                 if stage["stage"] == "clean")
    assert clean["inputs"] == 22


def test_metrics_are_prometheus_text(seeded):
    seeded.search("FAISS")
    seeded.call("POST", "/v1/answer", {"query": "What is FAISS?"})
    seeded.put("faiss-again", "Another text")
    seeded.put("faiss-again", "Another text", metadata={"n": 1})
    text = seeded.call("GET", "/metrics").body.decode()
    assert 'millrace_index_documents{' in text
    assert 'millrace_search_seconds_count{mode="hybrid"} 2' in text
    assert 'millrace_answer_seconds_count{generator="extractive"} 1' in text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines())
    assert float(values["millrace_embed_tokens_total"]) > 10
    assert float(values["millrace_embed_cached_total"]) > 0
    for line in text.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2


def test_health_and_readiness(server):
    assert server.call("GET", "/healthz").status == 200
    assert server.call("GET", "/readyz").status == 200


def test_other_collections_are_named_in_the_refusal(server):
    reply = server.call("POST", "/v1/collections/other/search",
                        {"query": "x"})
    assert reply.status == 404
    assert "main" in reply.json()["error"]["message"]
    assert server.call("POST", "/v1/collections/main/search",
                       {"query": "x"}).status == 200
