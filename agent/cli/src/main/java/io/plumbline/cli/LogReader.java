package io.plumbline.cli;

import io.plumbline.api.LogEntry;
import io.plumbline.cli.AgentClient.Answered;
import io.plumbline.port.LogCursor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log. A followed log is read over several connections; each begins after the last line of
 * each container. Notes of the agent go to standard error.
 */
final class LogReader implements Reconnection.Reader {
    private static final int MOST_CONTAINERS = 100;

    private final CliContext around;
    private final String path;
    private final Map<String, @Nullable Object> query;
    private final Consumer<Answered> show;
    private final Map<String, LogCursor> seen = new LinkedHashMap<>(16, 0.75f, true);
    private boolean begun;

    /**
     * Creates a reader.
     *
     * @param path of the log
     * @param query of the first connection
     * @param show receives each object that has a line
     */
    LogReader(
            CliContext around,
            String path,
            Map<String, @Nullable Object> query,
            Consumer<Answered> show) {
        this.around = around;
        this.path = path;
        this.query = query;
        this.show = show;
    }

    @Override
    public String path() {
        var asked = new LinkedHashMap<>(query);
        if (begun) {
            asked.put("seen", cursors());
        }
        return path + AgentClient.query(asked);
    }

    private String cursors() {
        return seen.values().stream()
                .map(c -> c.replica() + "/" + c.at() + "/" + c.lines())
                .collect(Collectors.joining(","));
    }

    @Override
    public String accepts() {
        return "application/x-ndjson";
    }

    @Override
    public boolean quiet() {
        return false;
    }

    @Override
    public boolean endsInOrder() {
        return true;
    }

    @Override
    public void connected() {
        begun = true;
    }

    @Override
    public boolean take(String line) {
        if (!line.isEmpty()) {
            var item = AgentClient.parsed(line, "a line");
            var note = item.as(LogEntry.Note.class).note();
            if (!note.isEmpty()) {
                around.out().flush();
                around.err().println("plumb: " + note);
                around.err().flush();
            } else {
                note(item.exact(LogEntry.class));
                show.accept(item);
            }
        }
        return !around.out().checkError();
    }

    private void note(LogEntry entry) {
        var id = Texts.of(entry.id());
        var at = entry.time();
        if (at == null) {
            // Some log drivers keep no times. Such a line may be shown twice.
            return;
        }
        var before = seen.get(id);
        seen.put(id, before == null ? new LogCursor(id, at, 1) : before.after(at));
        if (seen.size() > MOST_CONTAINERS) {
            seen.remove(seen.keySet().iterator().next());
        }
    }
}
