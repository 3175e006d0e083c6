package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of kernel parameters that each container has for itself, because they belong to its
 * network or IPC namespace (namespaces(7)). Engines refuse all others.
 *
 * <p>A parameter of one interface is refused: a container has several, and engines number them in
 * an order that they do not promise. From 27.0 on, an engine moves such a parameter elsewhere or
 * refuses it.
 */
final class Sysctls {

    private static final String WORD = "[A-Za-z0-9_-]+";
    private static final String OF_INTERFACE =
            "net\\.(ipv4|ipv6|mpls)\\.(conf|neigh)\\.(?!(all|default|lo)\\.)";
    private static final String NAMESPACED =
            "(net(\\."
                    + WORD
                    + ")+|fs\\.mqueue\\."
                    + WORD
                    + "|kernel\\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced))";
    private static final String NAME = "(?!" + OF_INTERFACE + ")" + NAMESPACED;
    private static final String VALUE = "[!-~]([ -~]*[!-~])?";
    private static final int LONGEST = 256;

    private static final Pattern NAMES = Pattern.compile(NAME);
    private static final Pattern INTERFACES = Pattern.compile(OF_INTERFACE + ".*");
    private static final Pattern VALUES = Pattern.compile(VALUE);

    /** The JSON Schema of the mapping, as YAML. */
    static final String SCHEMA =
            "{type: object, propertyNames: {pattern: '^"
                    + NAME
                    + "$', maxLength: "
                    + LONGEST
                    + "}, additionalProperties: {$ref: '#/$defs/scalar', pattern: '^"
                    + VALUE
                    + "$', maxLength: "
                    + LONGEST
                    + "}}";

    private Sysctls() {}

    static @Nullable SortedMap<String, String> read(Decoder at) {
        Map<String, Decoder> entries = at.entries();
        if (entries == null) {
            return null;
        }
        SortedMap<String, String> values = new TreeMap<>();
        entries.forEach(
                (name, value) -> {
                    name(at, name);
                    String text = value.text();
                    if (text == null) {
                        return;
                    }
                    if (text.length() > LONGEST || !VALUES.matcher(text).matches()) {
                        value.error("must be a number or words such as \"1024 65000\"");
                        return;
                    }
                    values.put(name, text);
                });
        return Collections.unmodifiableSortedMap(values);
    }

    private static void name(Decoder at, String name) {
        if (name.length() <= LONGEST && NAMES.matcher(name).matches()) {
            return;
        }
        at.errorAtKey(
                name,
                INTERFACES.matcher(name).matches()
                        ? "is no parameter that a container can have for one interface, because the"
                                + " engine chooses the names of interfaces: write 'all' in place"
                                + " of the name"
                        : "is no kernel parameter that a container has for itself: must begin with"
                                + " net. or fs.mqueue., or be kernel.sem, kernel.msg* or kernel.shm*");
    }
}
