package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Words;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of image references, by the grammar of Docker's {@code distribution/reference}:
 * {@code [host[:port]/]path[:tag][@digest]}.
 */
final class ImageReference {

    private static final int LONGEST = 512;
    private static final int LONGEST_NAME = 255;

    private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
    private static final String HOST =
            "(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
    private static final String PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    private static final String TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
    private static final String DIGEST = "(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})";
    private static final Pattern REFERENCE =
            Pattern.compile(
                    "((?:" + HOST + "/)?" + PART + "(?:/" + PART + ")*)(?::" + TAG + ")?(?:@"
                            + DIGEST + ")?");
    private static final Pattern ID = Pattern.compile("[a-f0-9]{64}");

    private ImageReference() {}

    /** Returns the pattern for the JSON Schema, anchored. */
    static String pattern() {
        return "^" + REFERENCE.pattern() + "$";
    }

    static @Nullable String read(Decoder at) {
        String text = at.string();
        if (text == null) {
            return null;
        }
        if (text.length() > LONGEST) {
            at.error("must be at most " + LONGEST + " characters long");
            return null;
        }
        Matcher m = REFERENCE.matcher(text);
        if (!m.matches()) {
            at.error(
                    "must be an image such as registry.example.com/team/serve:1.4.2, not "
                            + Words.quoted(text)
                            + (text.chars().anyMatch(Character::isUpperCase)
                                    ? ": the name must be lower case"
                                    : ""));
            return null;
        }
        if (m.group(1).length() > LONGEST_NAME) {
            at.error("must have a name of at most " + LONGEST_NAME + " characters");
            return null;
        }
        if (ID.matcher(text).matches()) {
            at.error("must be an image's name; an id is written sha256:" + Words.visible(text));
            return null;
        }
        return text;
    }
}
