package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Position;
import java.util.ArrayList;
import java.util.List;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.DocumentEndEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingEndEvent;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceEndEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.events.StreamEndEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;

/** The parser of a file's documents; after a syntax error it continues with the next document. */
final class DocumentReader {

    /** The limit of syntax errors, because each restart copies the rest of the file. */
    private static final int MOST_SYNTAX_ERRORS = 20;

    private final String text;
    private final Problems problems;
    private final NodeBuilder builder;
    private final List<YamlReader.Document> documents = new ArrayList<>();
    private final String file;
    private int line;

    DocumentReader(String file, String text, YamlReader.Limits limits, Problems problems) {
        this.file = file;
        this.text = text;
        this.problems = problems;
        this.builder = new NodeBuilder(limits, problems);
    }

    List<YamlReader.Document> read() {
        int start = 0;
        for (int errors = 0; start >= 0 && errors < MOST_SYNTAX_ERRORS; errors++) {
            int broken = readFrom(start);
            int next = broken < 0 ? -1 : nextDocument(Math.max(broken, start + 1));
            if (next >= 0) {
                line += lines(start, next);
            }
            start = next;
        }
        return documents;
    }

    /**
     * Reads to the end (returns -1), or to a syntax error (returns its index). An exceeded limit
     * ends the file.
     */
    private int readFrom(int start) {
        var parser = new ParserImpl(new StreamReader(text.substring(start)), new LoaderOptions());
        Position last = position(0, 0);
        while (true) {
            Event event;
            try {
                event = parser.getEvent();
            } catch (MarkedYAMLException e) {
                Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
                Position at = mark == null ? last : position(mark.getLine(), mark.getColumn());
                problems.add(at, "", SyntaxMessage.of(e));
                cutShort();
                return mark == null ? text.length() : indexOf(start, mark);
            } catch (RuntimeException e) {
                // SnakeYAML throws other exceptions, too, for example for an escape beyond Unicode.
                problems.add(last, "", "is not valid YAML after this point");
                cutShort();
                return text.length();
            }
            Mark mark = event.getStartMark();
            last = position(mark.getLine(), mark.getColumn());
            if (event instanceof StreamEndEvent) {
                return -1;
            }
            if (!accept(event, last)) {
                cutShort();
                return -1;
            }
        }
    }

    private boolean accept(Event event, Position at) {
        return switch (event) {
            case DocumentStartEvent _ -> {
                builder.begin();
                yield true;
            }
            case DocumentEndEvent _ -> {
                finish();
                yield true;
            }
            case ScalarEvent scalar ->
                    builder.scalar(
                            at,
                            scalar.getAnchor(),
                            scalar.getTag(),
                            scalar.getValue(),
                            scalar.isPlain());
            case AliasEvent alias -> builder.alias(at, alias.getAnchor());
            case SequenceStartEvent list -> builder.startList(at, list.getAnchor(), list.getTag());
            case MappingStartEvent map -> builder.startMapping(at, map.getAnchor(), map.getTag());
            case SequenceEndEvent _, MappingEndEvent _ -> {
                builder.end();
                yield true;
            }
            default -> true;
        };
    }

    private void finish() {
        YamlNode root = builder.root();
        boolean empty =
                root instanceof YamlNode.Scalar scalar && scalar.type() == YamlNode.Type.NULL;
        if (root != null && !empty) {
            documents.add(new YamlReader.Document(root, builder.complete()));
        }
        builder.begin();
    }

    private void cutShort() {
        YamlNode root = builder.collapse();
        if (root != null) {
            documents.add(new YamlReader.Document(root, false));
        }
        builder.begin();
    }

    private Position position(int lineInPart, int column) {
        return new Position(file, line + lineInPart + 1, column + 1);
    }

    private int indexOf(int start, Mark mark) {
        int rest = text.codePointCount(start, text.length());
        return text.offsetByCodePoints(start, Math.min(mark.getIndex(), rest));
    }

    /**
     * Returns the index of the first line at or after {@code from} that begins a document; -1 for
     * none.
     */
    private int nextDocument(int from) {
        for (int i = text.indexOf("---", from); i >= 0; i = text.indexOf("---", i + 1)) {
            if (beginsDocument(i)) {
                return i;
            }
        }
        return -1;
    }

    private boolean beginsDocument(int i) {
        return (i == 0 || isBreak(i - 1))
                && (i + 3 == text.length() || Character.isWhitespace(text.charAt(i + 3)));
    }

    private boolean isBreak(int i) {
        return text.charAt(i) == '\n' || text.charAt(i) == '\r';
    }

    private int lines(int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c == '\n' || (c == '\r' && text.charAt(i + 1) != '\n')) {
                count++;
            }
        }
        return count;
    }
}
