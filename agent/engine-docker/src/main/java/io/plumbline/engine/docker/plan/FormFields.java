package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.CanonicalJson;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.manifest.FieldType;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.PlainField;
import io.plumbline.manifest.Port;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The builder of a normal form. An empty value counts as no field. */
final class FormFields {
    static final String ANONYMOUS = "anonymous";
    static final String DEFAULT_SWAP = "2x memory";

    private final SortedMap<String, String> fields = new TreeMap<>();
    private final Set<String> open = new TreeSet<>();

    void put(String name, String value) {
        if (!value.isEmpty()) {
            fields.put(name, value);
        }
    }

    /** Adds a field that exists even if it is empty, such as a variable. */
    void putEvenEmpty(String name, String value) {
        fields.put(name, value.isEmpty() ? "(empty)" : value);
    }

    /** Adds a value to a field with several values, sorted. */
    void add(String name, String value) {
        var all = new TreeSet<String>();
        String had = fields.get(name);
        if (had != null) {
            all.addAll(List.of(had.split(",")));
        }
        all.add(value);
        fields.put(name, String.join(",", all));
    }

    void putAll(SortedMap<String, String> more) {
        fields.putAll(more);
    }

    /** Adds the spec's value, else the image's; the field is open if neither is known. */
    void choice(String name, @Nullable String ofSpec, @Nullable String ofImage) {
        String value = ofSpec == null || ofSpec.isEmpty() ? ofImage : ofSpec;
        if (value == null) {
            open(name);
        } else {
            put(name, value);
        }
    }

    void open(String name) {
        open.add(name);
    }

    NormalForm done() {
        fields.keySet().removeAll(open);
        return new NormalForm(
                Collections.unmodifiableSortedMap(fields), Collections.unmodifiableSet(open));
    }

    void health(LiveConfig.@Nullable LiveHealthcheck h) {
        if (h == null || h.test().isEmpty() || h.test().getFirst().equals("NONE")) {
            put("healthcheck", "none");
            return;
        }
        put("healthcheck", words(h.test()));
        put("healthcheck.interval", orElse(h.interval(), Duration.ofSeconds(30)));
        put("healthcheck.timeout", orElse(h.timeout(), Duration.ofSeconds(30)));
        put("healthcheck.retries", Integer.toString(h.retries() == 0 ? 3 : h.retries()));
        put("healthcheck.startPeriod", orElse(h.startPeriod(), Duration.ZERO));
    }

    /** Adds the plain fields. A field is open if it has no value and the engine decides. */
    void plain(FieldValues values) {
        for (PlainField field : PlainField.all()) {
            String key = field.key();
            switch (values.get(field)) {
                case null -> open(key);
                case Map<?, ?> map ->
                        map.forEach(
                                (name, v) -> putEvenEmpty(key + "[" + name + "]", v.toString()));
                case List<?> list ->
                        put(key, String.join(" ", list.stream().map(Object::toString).toList()));
                case Long bytes when field.type() instanceof FieldType.Bytes ->
                        put(key, Shown.size(bytes));
                case Object value -> put(key, value.toString());
            }
        }
    }

    static String words(List<String> words) {
        return words.isEmpty() ? "" : CanonicalJson.write(words);
    }

    static String folder(String path) {
        String p = path;
        while (p.length() > 1 && p.endsWith("/")) {
            p = p.substring(0, p.length() - 1);
        }
        return p.isEmpty() ? "/" : p;
    }

    static String grace(Duration d) {
        return Shown.duration(Duration.ofSeconds(ContainerLayout.wholeSeconds(d)));
    }

    static String orElse(Duration d, Duration engineDefault) {
        return Shown.duration(d.isZero() ? engineDefault : d);
    }

    static String portField(int container, String protocol) {
        return "ports[" + container + "/" + protocol + "]";
    }

    static String published(String hostIp, Port.@Nullable Range host) {
        String port = host == null ? "any" : host.toString();
        boolean everywhere = hostIp.isEmpty() || hostIp.equals("0.0.0.0");
        return everywhere ? port : hostIp + ":" + port;
    }

    /** Parses {@code 8080} or {@code 8080-8089}; null for anything else and for 0. */
    static Port.@Nullable Range hostRange(String text) {
        try {
            int dash = text.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? text : text.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(text.substring(dash + 1));
            return first == 0 ? null : new Port.Range(first, last);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    static boolean isHex64(String name) {
        return name.length() == 64
                && name.chars().allMatch(ch -> Character.digit(ch, 16) >= 0 && ch < 128);
    }
}
