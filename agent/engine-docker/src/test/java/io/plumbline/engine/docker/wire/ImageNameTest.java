package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageNameTest {
    private static final String DIGEST = "sha256:" + "a".repeat(64);

    @Test
    void takesReferencesApart() {
        assertThat(ImageName.parse("app")).isEqualTo(new ImageName("app", "latest"));
        assertThat(ImageName.parse("app:1")).isEqualTo(new ImageName("app", "1"));
        assertThat(ImageName.parse("localhost:5000/app"))
                .isEqualTo(new ImageName("localhost:5000/app", "latest"));
        assertThat(ImageName.parse("r.example.com/a/b:1.2@" + DIGEST))
                .isEqualTo(new ImageName("r.example.com/a/b", DIGEST));
    }

    @Test
    void knowsTheRegistry() {
        assertThat(ImageName.parse("app:1").registry()).isEqualTo("docker.io");
        assertThat(ImageName.parse("team/app:1").registry()).isEqualTo("docker.io");
        assertThat(ImageName.parse("localhost/app").registry()).isEqualTo("localhost");
        assertThat(ImageName.parse("localhost:5000/app").registry()).isEqualTo("localhost:5000");
        assertThat(ImageName.parse("r.example.com/app").registry()).isEqualTo("r.example.com");
    }

    @Test
    void refusesWhatIsNoReference() {
        for (String wrong : List.of("", "a b", "a?x=1", "a%2f", "a#b", "../x", "a@b", "ü")) {
            assertThatThrownBy(() -> ImageName.parse(wrong))
                    .as(wrong)
                    .isInstanceOfSatisfying(
                            PlumblineException.class,
                            e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID));
        }
        assertThatThrownBy(() -> ImageName.parse(DIGEST))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.MISSING));
    }

    @Test
    void standsInAPathWithoutChangingIt() {
        assertThat(ImageTransfers.path("r.example.com:5000/a/b@" + DIGEST))
                .isEqualTo("r.example.com:5000/a/b@" + DIGEST);
        assertThat(ImageTransfers.path("a b?c#d%/ü")).isEqualTo("a%20b%3Fc%23d%25/%C3%BC");
    }
}
