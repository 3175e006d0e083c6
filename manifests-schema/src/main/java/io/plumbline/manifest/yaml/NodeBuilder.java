package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The builder of one document's nodes from parse events, without recursion. Invariant: the number
 * of values never exceeds the limit, if each alias and merge counts as everything that it stands
 * for. So a walk over the nodes takes bounded time.
 */
final class NodeBuilder {

    private static final String STRING_TAG = "tag:yaml.org,2002:str";

    private final YamlReader.Limits limits;
    private final Problems problems;
    private final Deque<Frame> open = new ArrayDeque<>();
    private final Map<String, Anchored> anchors = new HashMap<>();
    private @Nullable YamlNode root;
    private boolean complete = true;
    private boolean collapsing;
    private long values;

    /** A node with the number of its values; each alias counts as everything that it stands for. */
    private record Anchored(@Nullable YamlNode node, long values) {
        static final Anchored OPEN = new Anchored(null, 0);
    }

    private sealed interface Frame {
        Position position();

        @Nullable String anchor();

        long valuesBefore();
    }

    private record ListFrame(
            Position position, @Nullable String anchor, long valuesBefore, List<YamlNode> items)
            implements Frame {}

    private static final class MappingFrame implements Frame {
        private final Position position;
        private final @Nullable String anchor;
        private final long valuesBefore;
        private final Map<String, YamlNode.Entry> entries = new LinkedHashMap<>();
        private final List<YamlNode.Mapping> merged = new ArrayList<>();
        private YamlNode.@Nullable Scalar key;
        private boolean unreadableKey;
        private boolean merges;

        MappingFrame(Position position, @Nullable String anchor, long valuesBefore) {
            this.position = position;
            this.anchor = anchor;
            this.valuesBefore = valuesBefore;
        }

        @Override
        public Position position() {
            return position;
        }

        @Override
        public @Nullable String anchor() {
            return anchor;
        }

        @Override
        public long valuesBefore() {
            return valuesBefore;
        }
    }

    NodeBuilder(YamlReader.Limits limits, Problems problems) {
        this.limits = limits;
        this.problems = problems;
    }

    /** Discards the last document; the count of values continues for the file. */
    void begin() {
        open.clear();
        anchors.clear();
        root = null;
        complete = true;
        collapsing = false;
    }

    @Nullable YamlNode root() {
        return root;
    }

    boolean complete() {
        return complete;
    }

    /** Closes all open lists and mappings, with the content that was read. */
    @Nullable YamlNode collapse() {
        collapsing = true;
        while (!open.isEmpty()) {
            end();
        }
        return root;
    }

    /** Returns false if the limit of values is exceeded. */
    boolean scalar(
            Position at,
            @Nullable String anchor,
            @Nullable String tag,
            String text,
            boolean plain) {
        if (!count(at, 1)) {
            return false;
        }
        boolean bare = plain && tag == null;
        if (tag != null && !tag.equals(STRING_TAG) && !tag.equals("!")) {
            refuseTag(at, tag);
        }
        var scalar = new YamlNode.Scalar(at, text, bare);
        if (!wellFormed(text)) {
            broken(at, "a text holds a NUL or half a character (a lone surrogate): remove it");
        }
        if (anchor != null) {
            anchors.put(anchor, new Anchored(scalar, 1));
        }
        attach(scalar);
        return true;
    }

    /** Returns false if the limit of values is exceeded. */
    boolean alias(Position at, String name) {
        Anchored target = anchors.get(name);
        YamlNode node = target == null ? null : target.node();
        if (target == null || node == null) {
            broken(
                    at,
                    target == null
                            ? "the alias *" + Words.visible(name) + " has no anchor before it"
                            : "the alias *"
                                    + Words.visible(name)
                                    + " stands within its own anchor");
            attach(new YamlNode.Scalar(at, "", true));
            return count(at, 1);
        }
        if (!count(at, target.values())) {
            return false;
        }
        attach(node);
        return true;
    }

    /** Returns false if a limit is exceeded. */
    boolean startList(Position at, @Nullable String anchor, @Nullable String tag) {
        return start(new ListFrame(at, anchor, values, new ArrayList<>()), tag);
    }

    /** Returns false if a limit is exceeded. */
    boolean startMapping(Position at, @Nullable String anchor, @Nullable String tag) {
        return start(new MappingFrame(at, anchor, values), tag);
    }

    private boolean start(Frame frame, @Nullable String tag) {
        if (tag != null) {
            refuseTag(frame.position(), tag);
        }
        if (open.size() >= limits.depth()) {
            broken(
                    frame.position(),
                    "lists and mappings are nested more than " + limits.depth() + " levels deep");
            return false;
        }
        String anchor = frame.anchor();
        if (anchor != null) {
            anchors.put(anchor, Anchored.OPEN);
        }
        open.push(frame);
        return count(frame.position(), 1);
    }

    /** Closes the innermost list or mapping. */
    void end() {
        Frame frame = open.pop();
        YamlNode node =
                switch (frame) {
                    case ListFrame list ->
                            new YamlNode.Sequence(
                                    list.position(), Collections.unmodifiableList(list.items()));
                    case MappingFrame mapping -> mapping(mapping);
                };
        String anchor = frame.anchor();
        if (anchor != null && isOpen(anchor)) {
            anchors.put(anchor, new Anchored(node, values - frame.valuesBefore()));
        }
        attach(node);
    }

    /** Returns false if a value within has the same anchor name. */
    private boolean isOpen(String anchor) {
        Anchored anchored = anchors.get(anchor);
        return anchored != null && anchored.node() == null;
    }

    /** Own keys have precedence over merged ones, earlier merged ones over later ones. */
    private static YamlNode.Mapping mapping(MappingFrame frame) {
        for (YamlNode.Mapping merged : frame.merged) {
            merged.entries().forEach(frame.entries::putIfAbsent);
        }
        return new YamlNode.Mapping(frame.position, Collections.unmodifiableMap(frame.entries));
    }

    private void attach(YamlNode node) {
        Frame parent = open.peek();
        switch (parent) {
            case null -> root = node;
            case ListFrame list -> list.items().add(node);
            case MappingFrame mapping -> attach(mapping, node);
        }
    }

    private void attach(MappingFrame frame, YamlNode node) {
        YamlNode.Scalar key = frame.key;
        if (frame.unreadableKey) {
            frame.unreadableKey = false;
        } else if (key == null) {
            if (node instanceof YamlNode.Scalar scalar) {
                frame.key = scalar;
            } else {
                frame.unreadableKey = true;
                broken(node.position(), "a key must be a text, not " + node.described());
            }
        } else {
            frame.key = null;
            put(frame, key, node);
        }
    }

    private void put(MappingFrame frame, YamlNode.Scalar key, YamlNode value) {
        if (key.plain() && key.text().equals("<<")) {
            merge(frame, key, value);
            return;
        }
        var entry = new YamlNode.Entry(key.position(), key.text(), value);
        YamlNode.Entry first = frame.entries.putIfAbsent(key.text(), entry);
        if (first != null) {
            problems.add(
                    key.position(),
                    "",
                    "the key "
                            + Words.quoted(key.text())
                            + " is already in this mapping, in line "
                            + first.position().line());
        }
    }

    private void merge(MappingFrame frame, YamlNode.Scalar key, YamlNode value) {
        if (frame.merges) {
            problems.add(key.position(), "", "a second '<<' in this mapping: write '<<: [*a, *b]'");
            return;
        }
        frame.merges = true;
        List<YamlNode> sources =
                value instanceof YamlNode.Sequence list ? list.items() : List.of(value);
        for (YamlNode source : sources) {
            if (source instanceof YamlNode.Mapping mapping) {
                frame.merged.add(mapping);
            } else {
                broken(key.position(), "'<<' takes a mapping or a list of mappings");
            }
        }
    }

    private void refuseTag(Position at, String tag) {
        broken(at, "tags are not supported: remove " + Words.quoted(tag));
    }

    private boolean count(Position at, long more) {
        values += more;
        if (values > limits.values()) {
            broken(
                    at,
                    "the file has more than "
                            + limits.values()
                            + " values, each alias counted as all that it stands for");
            return false;
        }
        return true;
    }

    private void broken(Position at, String message) {
        complete = false;
        if (!collapsing) {
            problems.add(at, "", message);
        }
    }

    private static boolean wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                return false;
            }
            if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }
}
