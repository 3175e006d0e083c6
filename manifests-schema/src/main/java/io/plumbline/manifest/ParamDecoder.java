package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The decoder of a pipeline's parameters. */
final class ParamDecoder {

    private static final Map<String, Param.Type> TYPES =
            ContainerDecoder.words(Param.Type.values());

    private ParamDecoder() {}

    /** Decodes all of them, by name. */
    static @Nullable List<Placed<Param>> params(Decoder at) {
        return StepDecoder.named(at, ParamDecoder::param);
    }

    private static @Nullable Placed<Param> param(String name, Decoder at) {
        Fields f = at.fields(ManifestKeys.PARAM);
        if (f == null) {
            return null;
        }
        Param.Type type = f.read("type", d -> d.choice(TYPES), Param.Type.STRING);
        List<String> allowed =
                f.read("enum", d -> Forms.distinct(d, i -> value(i, type)), List.of());
        Decoder words = f.get("enum");
        if (words != null && words.isEmptyList()) {
            words.error("must have at least one value, or leave out the key");
        }
        String value = f.require("default", d -> value(d, type));
        if (value == null) {
            return null;
        }
        if (!allowed.isEmpty() && !allowed.contains(value)) {
            f.error("default", Words.quoted(value) + " is not in 'enum'");
        }
        return new Placed<>(new Param(name, type, value, allowed), at);
    }

    private static @Nullable String value(Decoder at, Param.Type type) {
        String text = at.text();
        String objection = text == null ? null : type.objection(text);
        if (objection != null) {
            at.error(objection + ", not " + Words.quoted(String.valueOf(text)));
            return null;
        }
        return text;
    }
}
