package io.plumbline.config;

import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.KeyPatterns;
import io.plumbline.core.release.LogDriverRule;
import io.plumbline.manifest.PlainField;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of the keys of {@code allow} that concern an engine's machine. */
final class HostRulesDecoder {
    private static final Keys LOG_DRIVER = Keys.of("driver", "options");
    private static final Pattern DRIVER = Pattern.compile("[a-z0-9][a-z0-9_./:-]*");
    private static final Pattern OPTION = Pattern.compile("[!-<>-~]+");
    private static final Pattern KEY = Pattern.compile("!?[!-~]+");
    private static final Pattern ULIMIT = Pattern.compile("[a-z]+");

    private HostRulesDecoder() {}

    static HostRules rules(Fields allow) {
        return new HostRules(
                allow.read("logDrivers", d -> d.list(HostRulesDecoder::logDriver)),
                allow.read("labels", d -> patterns(d, "labels' keys")),
                allow.read("env", d -> patterns(d, "variables' names")),
                allow.read("ulimits", HostRulesDecoder::ulimits),
                fields(allow));
    }

    private static SortedMap<String, KeyPatterns> fields(Fields allow) {
        var lists = new TreeMap<String, KeyPatterns>();
        for (var permission : PlainField.permissions()) {
            var names = allow.read(permission.key(), d -> patterns(d, permission.noun() + "s"));
            if (names != null && !names.patterns().isEmpty()) {
                lists.put(permission.key(), names);
            }
        }
        return Collections.unmodifiableSortedMap(lists);
    }

    private static @Nullable LogDriverRule logDriver(Decoder d) {
        if (!d.isMapping()) {
            var driver = driver(d);
            return driver == null ? null : LogDriverRule.plain(driver);
        }
        Fields f = d.fields(LOG_DRIVER);
        if (f == null) {
            return null;
        }
        String driver = f.require("driver", HostRulesDecoder::driver);
        SortedMap<String, List<String>> options =
                f.read("options", HostRulesDecoder::options, Collections.emptySortedMap());
        return driver == null ? null : new LogDriverRule(driver, options);
    }

    private static @Nullable String driver(Decoder d) {
        return d.matching(DRIVER, 128, "must be a log driver's name, or {driver, options}");
    }

    private static SortedMap<String, List<String>> options(Decoder d) {
        var out = new TreeMap<String, List<String>>();
        var entries = d.entries();
        if (entries != null) {
            entries.forEach(
                    (name, value) -> {
                        if (!OPTION.matcher(name).matches()) {
                            d.errorAtKey(name, "is no option's name: no '=' or spaces");
                        } else {
                            out.put(name, values(value));
                        }
                    });
        }
        return Collections.unmodifiableSortedMap(out);
    }

    /** Decodes one pattern, or a list of patterns. */
    private static List<String> values(Decoder d) {
        if (d.isList()) {
            return listOf(d.list(Decoder::text));
        }
        var one = d.text("a pattern of values, or a list of them");
        return one == null ? List.of() : List.of(one);
    }

    private static List<String> listOf(@Nullable List<String> read) {
        return read == null ? List.of() : read;
    }

    private static KeyPatterns patterns(Decoder d, String of) {
        var rule = "must be a pattern of " + of + " with *, and with ! before what is refused";
        return new KeyPatterns(listOf(d.list(i -> i.matching(KEY, 256, rule))));
    }

    private static Set<String> ulimits(Decoder d) {
        return Collections.unmodifiableSet(
                new LinkedHashSet<>(
                        listOf(
                                d.list(
                                        i ->
                                                i.matching(
                                                        ULIMIT,
                                                        20,
                                                        "must be a limit such as memlock")))));
    }
}
