package io.plumbline.cli;

import picocli.CommandLine.Option;

/** A verb that calls the agent and prints its answer. */
abstract class Verb extends AgentVerb {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "One of: table, json, yaml, jsonl.")
    Format format = Format.table;

    Verb(CliContext around) {
        super(around);
    }

    boolean tables() {
        return format == Format.table;
    }
}
