package io.plumbline.cli;

import io.plumbline.api.AuditEntry;
import io.plumbline.api.AuditVerdict;
import io.plumbline.api.Json;
import io.plumbline.cli.AgentClient.Answered;
import io.plumbline.core.access.AuditChain;
import io.plumbline.core.access.AuditRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The verb {@code plumb audit}: shows the audit and verifies its chain of hashes. */
@Command(
        name = "audit",
        description =
                "Requests that change something: who, from where, and the outcome. For admins.",
        footer = {
            "",
            "Records are chained by hashes. --verify exits with 1 when one was changed or taken out,",
            "and names the first. Records cut off at the end show only against a head that was noted",
            "before (the agent logs it): give it with --head.",
            "",
            "Examples:",
            "  plumb audit --since 24h",
            "  plumb audit --all -o jsonl > audit.jsonl",
            "  plumb audit --verify --head 1200:9f2c...",
            "  plumb audit --verify --file audit.jsonl      (asks no agent)"
        })
final class AuditVerb extends Verb {
    private static final String AUDIT = "/api/v1/audit";
    private static final int PAGE = 1000;
    private static final Pattern HEAD = Pattern.compile("([0-9]{1,18}):([0-9a-f]{64})");

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Only since then: 24h, 7d or 2026-01-31T08:00:00Z.")
    @Nullable String since;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "How many, the newest; default 50.")
    int count = 50;

    @Option(names = "--all", description = "All there are.")
    boolean all;

    @Option(names = "--verify", description = "Check the chain of hashes.")
    boolean verify;

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "With --verify: JSON lines that were exported; - for standard input.")
    @Nullable String file;

    @Option(
            names = "--head",
            paramLabel = "SEQ:HASH",
            description = "With --verify: a head noted earlier, which must still be there.")
    @Nullable String head;

    AuditVerb(CliContext around) {
        super(around);
    }

    @Override
    public Integer call() {
        if (!verify && (file != null || head != null)) {
            throw new CliError(Exit.USAGE, "--file and --head go with --verify");
        }
        if (verify) {
            return file == null ? verifyAgent() : verifyFile(file);
        }
        return show();
    }

    private int show() {
        var client = client();
        var from = since == null ? null : Since.parse(since, around.ticker().now()).toString();
        if (!all && from == null) {
            print(client.get(AUDIT + AgentClient.query(Map.of("limit", count))).items());
            return Exit.DONE;
        }
        long after = 0;
        var records = new ArrayList<Answered>();
        while (true) {
            var query = new LinkedHashMap<String, @Nullable Object>();
            query.put("limit", PAGE);
            query.put("after", after);
            query.put("since", from);
            var page = client.get(AUDIT + AgentClient.query(query)).items();
            if (format == Format.jsonl) {
                print(page);
            } else {
                records.addAll(page);
            }
            if (page.size() < PAGE) {
                break;
            }
            after = page.getLast().as(AuditEntry.class).seq();
        }
        if (format != Format.jsonl) {
            print(records);
        }
        return Exit.DONE;
    }

    private void print(List<Answered> records) {
        if (!tables()) {
            format.print(Answered.plain(records), around);
            return;
        }
        var table =
                new Table(
                        around,
                        "SEQ",
                        "AT",
                        "BY",
                        "FROM",
                        "ACTION",
                        "PIPELINE",
                        "OUTCOME",
                        "DETAIL");
        for (var record : records) {
            var r = record.as(AuditEntry.class);
            table.row(
                    String.valueOf(r.seq()),
                    Texts.time(r.at()),
                    Texts.orDash(r.by()) + (r.claimed().isEmpty() ? "" : " (" + r.claimed() + ")"),
                    Texts.orDash(r.address()),
                    r.action(),
                    Texts.orDash(r.pipeline()),
                    r.outcome() + (r.of() == 0 ? "" : " (of " + r.of() + ")"),
                    detail(r));
        }
        table.print();
    }

    private static String detail(AuditEntry r) {
        var parts = new StringBuilder(r.detail());
        r.parameters()
                .forEach(
                        (key, value) -> {
                            if (!value.isEmpty() && !value.equals("false")) {
                                parts.append(parts.isEmpty() ? "" : " ")
                                        .append(key)
                                        .append('=')
                                        .append(value);
                            }
                        });
        return parts.toString();
    }

    private int verifyAgent() {
        var client = client();
        var answered = client.get(AUDIT + "/verify");
        var found = answered.as(AuditVerdict.class);
        var noted = noted();
        var reason = found.good() ? "" : found.firstBad() + ": " + found.reason();
        if (reason.isEmpty() && noted != null) {
            var query = new LinkedHashMap<String, @Nullable Object>();
            query.put("limit", 1);
            query.put("after", noted.seq() - 1);
            var there = client.get(AUDIT + AgentClient.query(query)).list(AuditEntry.class);
            if (there.isEmpty() || !noted.is(there.getFirst())) {
                reason =
                        noted.seq()
                                + " is not what was noted: the chain was cut or replaced by a new one";
            }
        }
        if (!tables()) {
            format.print(answered.plain(), around);
        }
        return say(reason, found.records(), found.seq(), found.head());
    }

    private int say(String reason, long records, long seq, String hash) {
        var sentence =
                reason.isEmpty()
                        ? "the audit is whole: " + records + " records, head " + seq + ":" + hash
                        : "the audit is broken at record " + reason;
        if (tables()) {
            say(sentence);
        } else {
            around.err().println(sentence);
            around.err().flush();
        }
        return reason.isEmpty() ? Exit.DONE : Exit.DIFFERENT;
    }

    private record Noted(long seq, String hash) {
        boolean is(AuditEntry record) {
            return record.seq() == seq && record.hash().equals(hash);
        }
    }

    private @Nullable Noted noted() {
        if (head == null) {
            return null;
        }
        var match = HEAD.matcher(head);
        if (!match.matches()) {
            throw new CliError(Exit.USAGE, "--head must be SEQ:HASH as the agent logged it");
        }
        return new Noted(Long.parseLong(match.group(1)), match.group(2));
    }

    private int verifyFile(String name) {
        var chain = new AuditChain(false);
        var noted = noted();
        boolean notedThere = noted == null;
        try (var lines = lines(name)) {
            long number = 0;
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    var record = link(chain, line, number);
                    notedThere |= noted != null && noted.is(record);
                }
            }
        } catch (IOException e) {
            throw new CliError(Exit.USAGE, "cannot read " + name + ": " + e);
        }
        var found = chain.verdict();
        var reason = found.good() ? "" : found.firstBad() + ": " + found.reason();
        if (reason.isEmpty() && !notedThere && noted != null) {
            reason =
                    noted.seq()
                            + " is not what was noted: the chain was cut or replaced by a new one";
        }
        return say(reason, found.records(), found.seq(), found.head());
    }

    private BufferedReader lines(String name) throws IOException {
        return name.equals("-")
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(around.folder().resolve(Path.of(name)));
    }

    /**
     * Adds a line to the chain. The hash covers all members, also those that this command does not
     * know.
     */
    private static AuditEntry link(AuditChain chain, String line, long number) {
        try {
            var answered = new Answered(200, Json.read(line));
            var record = answered.exact(AuditEntry.class);
            var members = new TreeMap<String, Object>();
            if (answered.plain() instanceof Map<?, ?> all) {
                all.forEach((key, value) -> members.put(String.valueOf(key), hashed(value)));
            }
            members.remove("hash");
            chain.add(record.seq(), record.previous(), record.hash(), AuditRecord.hash(members));
            return record;
        } catch (Json.Malformed | IllegalArgumentException e) {
            chain.unreadable(number);
            return new Answered(200, null).exact(AuditEntry.class);
        }
    }

    private static Object hashed(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> all -> {
                var members = new TreeMap<String, Object>();
                all.forEach((key, each) -> members.put(String.valueOf(key), hashed(each)));
                yield members;
            }
            case Integer i -> (long) i;
            case Long l -> l;
            case Boolean b -> b;
            case String s -> s;
            case null, default -> throw new IllegalArgumentException("no value of a record");
        };
    }
}
