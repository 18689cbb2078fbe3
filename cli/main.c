// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - the command `millrace`: the table of its commands.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

#define COMMANDS_MAX 32

const struct cli_command cli_commands[] = {
    { "up", "", "run everything in this process, in the foreground",
      "Starts the whole pipeline and its HTTP server, and stops cleanly on\n"
      "SIGTERM or Ctrl-C.  Nothing has to be configured; `millrace config\n"
      "reference` shows what can be.\n\n"
      "  millrace up\n"
      "  millrace up --data /var/lib/millrace --listen 127.0.0.1:7700\n"
      "  millrace up -c millrace.yaml",
      cli_run_up },
    { "worker", "ingestor|preprocessor|embedder|indexer|retriever",
      "run one part of a deployment on Kafka, in the foreground",
      "Needs `bus: kafka` and kafka.brokers in the configuration, the same "
      "for\n"
      "all.  Each role can run as often as there are partitions (but the\n"
      "ingestor, which is one): member I of N works the partitions p with\n"
      "p % N = I.  Indexers with the same member are replicas of its shards.\n"
      "Its own state lies in DIR/NAME and is made again from Kafka when it is\n"
      "gone; blobs and API keys lie in DIR, which all processes share.\n"
      "Health, readiness and metrics are at /healthz, /readyz and /metrics of\n"
      "its own address.  SIGTERM lets it finish what is in work.\n\n"
      "  millrace worker preprocessor -c millrace.yaml\n"
      "  millrace worker indexer --member 1/2 --listen 127.0.0.1:7741\n"
      "  millrace worker indexer --member 1/2 --name indexer-1b "
      "--listen 127.0.0.1:7751",
      cli_run_worker },
    { "replay", "",
      "build a new generation from the log, beside the one that answers",
      "Reads `raw` from its beginning with another configuration or model, in\n"
      "one process at a bounded share of the machine, shows how long it will\n"
      "take, and goes on following what comes meanwhile.\n"
      "A retriever with `generation: N` in its configuration answers from it\n"
      "for comparison; `millrace generation use N` lets all retrievers do so.\n"
      "On the embedded log it works while no server runs, ends when it holds\n"
      "all, and `generation: N` lets `millrace up` answer from it.\n"
      "--from begins later: at offsets of raw (partition:offset, each within\n"
      "the log; partitions not named at their beginning), or at a time.  Such\n"
      "a generation is partial, says so, and is used with --partial only.\n\n"
      "  millrace replay -c new.yaml --generation 2 --share 0.3\n"
      "  millrace replay -c new.yaml --generation 3 --from 7d\n"
      "  millrace replay -c new.yaml --generation 4 --from 0:120,1:98\n"
      "  millrace replay -c new.yaml --generation 5 --from 2026-01-31T12:00Z\n"
      "  millrace worker retriever -c new.yaml --listen 127.0.0.1:7790\n"
      "  millrace compare --against http://127.0.0.1:7790 --queries asked.txt\n"
      "  millrace generation use 2",
      cli_run_replay },
    { "bus", "copy", "carry the log of a data folder over to Kafka",
      "Copies what everything else is made from (documents, feedback, events,\n"
      "dead letters) to the cluster of the configuration.  Versions stay what\n"
      "they are, and so do the answers.  No server may run on the folder.\n\n"
      "  millrace bus copy -c kafka.yaml --from /var/lib/millrace\n"
      "  millrace bus copy -c kafka.yaml --from /var/lib/millrace --resume",
      cli_run_bus },
    { "generation", "show|use N|rollback", "which generation answers",
      "show      the one that answers, the one before, and which are partial\n"
      "use N     lets another one answer, on all retrievers at once; refused\n"
      "          while one of its shards is not served, and without --partial\n"
      "          if it begins later than the log\n"
      "rollback  the one before again\n\n"
      "  millrace generation use 2\n"
      "  millrace generation rollback",
      cli_run_generation },
    { "compare", "", "ask two servers the same queries",
      "Prints how much of the first ten documents is the same, how long each\n"
      "took and, for a judged set, the nDCG@10 of both.  The queries are not\n"
      "logged as somebody's.\n\n"
      "  millrace compare --against http://127.0.0.1:7790 --queries asked.txt\n"
      "  millrace compare --against http://127.0.0.1:7790 --set scifact --json",
      cli_run_compare },
    { "ingest", "URL|PATH|-...",
      "give web sites, folders or lines to the server",
      "The server reads sites and folders now, and again by itself: sites\n"
      "every day, more or less often as they change, and folders as soon as\n"
      "something changes.  Giving a source again reads it now.  A crawl stays\n"
      "below the URL that is given.\n\n"
      "\"-\" is standard input: a JSON object a line, {\"text\" or \"html\",\n"
      "\"id\", \"title\", \"url\", \"metadata\", \"time\", \"owner\", "
      "\"acl\"}.  "
      "A broken\nline is named by its number, the rest goes on, and the exit "
      "code is 1.\n\n"
      "  millrace ingest --wait https://example.org/docs/\n"
      "  millrace ingest notes/ report.html\n"
      "  zcat corpus.jsonl.gz | millrace ingest --wait -\n"
      "  millrace ingest --wait --json - < corpus.jsonl | jq .given[0].states",
      cli_run_ingest },
    { "query", "TEXT", "search, and print the passages found",
      "Asks the running server.  Words need no quotes.\n\n"
      "  millrace query how does a mill race work\n"
      "  millrace query --mode keyword --top-k 3 FAISS\n"
      "  millrace query --filter '{\"lang\": [\"en\", \"de\"]}' vectors\n"
      "  millrace query --json vectors | jq -r '.hits[].document'",
      cli_run_query },
    { "answer", "QUESTION", "answer a question from the documents",
      "Prints an answer with its sources; without a configured generator the\n"
      "answer is made of the documents' own sentences.  --replay makes the\n"
      "prompt of an earlier answer again, byte for byte, or says which "
      "document\nis not there any more as it was.\n\n"
      "  millrace answer what is FAISS\n"
      "  millrace answer --json what is FAISS | jq -r .prompt\n"
      "  millrace answer --replay 0198c5b2a1f4e36d8f0c4ab1722c9d5e\n"
      "  millrace answer --replay 0198c5b2a1f4e36d8f0c4ab1722c9d5e --data "
      "DIR",
      cli_run_answer },
    { "why", "ID", "tell what became of a document, and why",
      "State, reason and the way of the document through the stages.  A "
      "page's\n"
      "id is its URL, that of a file SOURCE:PATH; `millrace query` shows "
      "them.\n\n"
      "  millrace why doc-17\n"
      "  millrace why https://example.org/page\n"
      "  millrace why --json doc-17 | jq -r .state",
      cli_run_why },
    { "status", "", "documents, stages and lag of the running server",
      "What is searchable, how far each stage is behind, and how each source\n"
      "is doing.\n\n"
      "  millrace status\n"
      "  millrace status --json | jq .searchable\n"
      "  watch -n 1 millrace status --server 127.0.0.1:7701",
      cli_run_status },
    { "delete", "ID", "delete a document, and wait until it is gone",
      "Whoever searches after it does not find the document any more.  What a\n"
      "source sent comes back when the source has it anew.\n\n"
      "  millrace delete doc-17\n"
      "  millrace delete --json doc-17",
      cli_run_delete },
    { "forget", "SOURCE...", "read a source no more",
      "What it sent stays, or goes with --documents.  `millrace status` lists\n"
      "the sources.  One of the configuration comes back at the next start.\n\n"
      "  millrace forget example.org-docs\n"
      "  millrace forget --documents notes",
      cli_run_forget },
    { "dead", "list|show|retry", "what failed for good, and trying it again",
      "list   the newest first; each line begins with the letter's place\n"
      "show   all that is known of a letter, with the bytes that failed\n"
      "retry  puts what failed on the log again, unless something newer of\n"
      "       the document came\n\n"
      "  millrace dead list --stage clean\n"
      "  millrace dead show 0/17\n"
      "  millrace dead retry 0/17 0/18",
      cli_run_dead },
    { "fsck", "", "prove that log, metadata, vectors and postings agree",
      "Reads all of a data folder on which no server runs, and prints what\n"
      "does not agree: exit code 1 when there is something.  --digest prints\n"
      "one hash of what has become of all documents instead, equal for equal\n"
      "logs however they were worked off.\n\n"
      "  millrace fsck --data /var/lib/millrace\n"
      "  millrace fsck --digest",
      cli_run_fsck },
    { "eval", "BEIR_DIR", "index a judged set, ask its queries, score",
      "Reads corpus.jsonl, queries.jsonl and qrels/test.tsv of the folder,\n"
      "indexes all documents in a temporary folder, and prints nDCG@10,\n"
      "recall@100, MRR@10 and times.\n\n"
      "  millrace eval scifact\n"
      "  millrace eval scifact --mode keyword --json",
      cli_run_eval },
    { "stage", "extract|clean|passages|tokenize|embed",
      "run one stage as a filter of JSON lines",
      "Reads one JSON object a line and writes one for each, in order:\n"
      "  extract   {html, url}     -> {text, title, ...}\n"
      "  clean     {text or html}  -> {text, language, signals, passages, "
      "...}\n"
      "  passages  {text or html}  -> {passages}\n"
      "  tokenize  {text}          -> {ids}\n"
      "  embed     {text}          -> {vector}\n\n"
      "  echo '{\"text\": \"What is FAISS?\"}' | millrace stage tokenize",
      cli_run_stage },
    { "key", "create|list|revoke", "API keys: who may talk to the server",
      "create NAME     makes a key and prints its secret, once; only a hash\n"
      "                is kept.  From the first one on, all requests need "
      "one,\n"
      "                and other addresses than loopback may be listened on\n"
      "list            shows all keys, without their secrets\n"
      "revoke NAME...  takes them away\n\n"
      "A running server follows at once.  Scopes: read (ask and look), write\n"
      "(also documents), admin (also sources, and trying dead letters "
      "again).\n\n"
      "  millrace key create alice\n"
      "  millrace key create importer --scope write --expires 90d\n"
      "  millrace key create ops --scope admin > ops.key\n"
      "  millrace status --server https://search.example.org --key-file "
      "ops.key\n"
      "  millrace key revoke alice",
      cli_run_key },
    { "config", "check|show|reference", "check or explain the configuration",
      "check      reads the file and prints every mistake with its line\n"
      "show       prints the values in force and where they come from\n"
      "reference  prints every key with its default and meaning, as a file\n"
      "           that can be used\n\n"
      "  millrace config reference > millrace.yaml\n"
      "  millrace config check -c millrace.yaml\n"
      "  millrace config show --json | jq '.keys[] | select(.from == "
      "\"file\")'",
      cli_run_config },
    { "completion", "bash|zsh|fish", "print a completion script for the shell",
      "  source <(millrace completion bash)          # in ~/.bashrc\n"
      "  source <(millrace completion zsh)           # in ~/.zshrc, after "
      "compinit\n"
      "  millrace completion fish | source           # in config.fish",
      cli_run_completion },
    { "version", "", "print the version",
      "  millrace version\n  millrace version --json", cli_run_version },
    { 0 }
};

static void print_all(FILE *to)
{
    (void)fprintf(to, "usage: millrace COMMAND [options] [arguments]\n\n"
                      "moves documents to models: ingests, cleans, "
                      "deduplicates, embeds, indexes,\nand answers questions "
                      "from what it holds.\n\ncommands:\n");
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++)
        (void)fprintf(to, "  %-12s %s\n", at->name, at->summary);
    (void)fprintf(
        to, "\nmillrace COMMAND --help shows options and examples.\n\n"
            "exit codes:\n"
            "  0  it was done\n"
            "  1  it was understood, but failed; standard error says why\n"
            "  2  the command line is wrong\n"
            "  3  the server cannot be reached\n"
            "  4  the configuration, the data folder, the address or the "
            "model is unusable\n"
            "  5  another process has taken over this worker's partitions\n");
}

static const struct cli_command *find(const char *word)
{
    const struct cli_command *at = cli_commands;

    while (at->name != NULL && strcmp(word, at->name) != 0)
        at++;
    return at->name == NULL ? NULL : at;
}

static int unknown(const char *word)
{
    const char *names[COMMANDS_MAX];
    const char *near;
    size_t count = 0;

    while (cli_commands[count].name != NULL) {
        names[count] = cli_commands[count].name;
        count++;
    }
    near = cli_nearest(word, names, count);
    (void)fprintf(stderr, "millrace: there is no command \"%s\"%s%s%s\n", word,
                  near == NULL ? "" : "; did you mean \"",
                  near == NULL ? "" : near, near == NULL ? "" : "\"?");
    (void)fprintf(stderr, "millrace --help lists them\n");
    return CLI_USAGE;
}

/* `millrace help [COMMAND]` */
static int help(int argc, char **argv)
{
    static char option[] = "--help";
    char *asked[] = { argc > 2 ? argv[2] : NULL, option, NULL };
    const struct cli_command *command;

    if (argc < 3) {
        print_all(stdout);
        return CLI_OK;
    }
    command = find(argv[2]);
    return command == NULL ? unknown(argv[2]) : command->run(command, 2, asked);
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    const struct cli_command *command;

    if (argc < 2) {
        print_all(stderr);
        return CLI_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_all(stdout);
        return CLI_OK;
    }
    if (strcmp(word, "help") == 0)
        return help(argc, argv);
    command = find(strcmp(word, "--version") == 0 ? "version" : word);
    return command == NULL ? unknown(word)
                           : command->run(command, argc - 1, argv + 1);
}
