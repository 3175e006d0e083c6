package io.plumbline.cli;

import io.plumbline.api.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Events as a table. On a terminal, consecutive actions on one container of one deployment share a
 * row, and times are ages. In a pipe, each event has a row, with its time.
 */
final class EventTable {
    /** The name of a container, {@code PIPELINE-SERVICE-REPLICA-HASH}, see docs/reference.md. */
    private static final Pattern CONTAINER =
            Pattern.compile(" ?\\b[a-z0-9-]+-[0-9]+-[0-9a-f]{6}(?:-[0-9]+)?\\b");

    private final CliContext around;
    private final boolean timestamps;

    /**
     * Creates a table.
     *
     * @param timestamps whether to show times instead of ages on a terminal
     */
    EventTable(CliContext around, boolean timestamps) {
        this.around = around;
        this.timestamps = timestamps;
    }

    void print(List<Event> events) {
        var table = new Table(around, "SEQ", "AT", "PIPELINE", "SERVICE", "ENGINE", "TYPE", "WHAT");
        for (var fact :
                around.terminal() ? facts(events) : events.stream().map(List::of).toList()) {
            var e = fact.getLast();
            table.row(
                    String.valueOf(e.seq()),
                    around.terminal() && !timestamps
                            ? Texts.age(e.at(), around.ticker().now()) + " ago"
                            : Texts.time(e.at()),
                    Texts.orDash(e.pipeline()),
                    Texts.orDash(e.service()),
                    Texts.orDash(e.engine()),
                    Texts.orDash(e.type()),
                    fact.size() == 1 ? ReadVerbs.what(e) : together(fact));
        }
        table.print();
    }

    /** Returns an event as one line. */
    static String line(Event e) {
        return Texts.time(e.at())
                + "  "
                + Texts.orDash(e.pipeline())
                + (e.service().isEmpty() ? "" : "/" + e.service())
                + (e.engine().isEmpty() ? "" : " on " + e.engine())
                + "  "
                + Texts.orDash(e.type())
                + "  "
                + ReadVerbs.what(e);
    }

    private static List<List<Event>> facts(List<Event> events) {
        var facts = new ArrayList<List<Event>>();
        for (var e : events) {
            if (!facts.isEmpty() && goesOn(facts.getLast().getLast(), e)) {
                facts.getLast().add(e);
            } else {
                facts.add(new ArrayList<>(List.of(e)));
            }
        }
        return facts;
    }

    private static boolean goesOn(Event before, Event e) {
        return e.type().equals("Action")
                && before.type().equals("Action")
                && e.pipeline().equals(before.pipeline())
                && e.deployment().equals(before.deployment())
                && e.engine().equals(before.engine())
                && !container(e).isEmpty()
                && container(e).equals(container(before));
    }

    private static String container(Event e) {
        var found = CONTAINER.matcher(e.reason());
        return found.find() ? found.group().strip() : "";
    }

    /** Returns a text such as {@code web-1-6608d0: create: image: a -> b; copy files; start}. */
    private static String together(List<Event> fact) {
        return container(fact.getFirst())
                + ": "
                + fact.stream().map(EventTable::verb).collect(Collectors.joining("; "));
    }

    /** Returns the action without the name of its container. */
    private static String verb(Event e) {
        var text = CONTAINER.matcher(e.reason()).replaceFirst("").strip();
        return text.endsWith(" into") ? text.substring(0, text.length() - " into".length()) : text;
    }
}
