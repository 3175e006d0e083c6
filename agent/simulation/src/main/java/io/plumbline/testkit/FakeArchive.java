package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What {@code docker save} gives of a {@link FakeImage}: bytes that another engine knows. */
final class FakeArchive {
    private static final String HEAD = "image ";
    private static final Map<String, FakeImage> SAVED = new ConcurrentHashMap<>();

    private FakeArchive() {}

    static InputStream of(FakeImage image) {
        SAVED.put(image.id(), image);
        return new ByteArrayInputStream((HEAD + image.id()).getBytes(StandardCharsets.UTF_8));
    }

    static FakeImage read(InputStream archive) {
        try {
            String text = new String(archive.readAllBytes(), StandardCharsets.UTF_8);
            FakeImage image = text.startsWith(HEAD) ? SAVED.get(text.substring(6)) : null;
            if (image == null) {
                throw new PlumblineException(FailureKind.TRANSIENT, "load image: unexpected EOF");
            }
            return image;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
