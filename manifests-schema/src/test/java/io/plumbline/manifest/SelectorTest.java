package io.plumbline.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SelectorTest {

    private static final Map<String, String> AWS =
            Map.of("cloud", "aws", "region", "eu-west-1", "gpu", "", "zone", "a");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    cloud == aws                       | true
                    cloud = aws                        | true
                    cloud=gcp                          | false
                    cloud != aws                       | false
                    cloud != gcp                       | true
                    tier != test                       | true
                    tier == test                       | false
                    cloud in (aws, gcp)                | true
                    cloud in (gcp,azure)               | false
                    zone notin (b, c)                  | true
                    zone notin (a)                     | false
                    tier notin (test)                  | true
                    gpu                                | true
                    tier                               | false
                    !tier                              | true
                    ! gpu                              | false
                    gpu, !spot, cloud in (aws)         | true
                    gpu, spot                          | false
                    """)
    void holdsAsKubernetesSays(String text, boolean matches) {
        Selector selector = Selector.parse(text);
        assertThat(selector.matches(AWS)).isEqualTo(matches);
        assertThat(selector.unmet(AWS).isEmpty()).isEqualTo(matches);
        assertThat(Selector.parse(selector.toString())).isEqualTo(selector);
        assertThat(text).matches(Selector.pattern());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "a,",
                "a b",
                "a in",
                "a in ()",
                "a in (b",
                "a in b",
                "a in (b,)",
                "a in b)",
                "a ==",
                "== a",
                "a === b",
                "!a == b",
                "a\tin (b)",
                "-a",
                "a in ((b))"
            })
    void saysWhatIsNoTerm(String text) {
        assertThatThrownBy(() -> Selector.parse(text)).isInstanceOf(IllegalArgumentException.class);
        assertThat(text).doesNotMatch(Selector.pattern());
    }

    @Test
    void sameMeaningIsTheSameSelector() {
        assertThat(Selector.parse("b, a in (y, x), b"))
                .isEqualTo(Selector.parse("a in (x,y,x),b"))
                .hasToString("a in (x, y), b");
        assertThat(Selector.of(Map.of("cloud", "aws"))).isEqualTo(Selector.parse("cloud in (aws)"));
    }

    @Test
    void isReadFromBothForms() {
        var pipelines =
                Fixture.valid().stream()
                        .filter(f -> f.name().equals("placement.yaml"))
                        .findFirst()
                        .orElseThrow()
                        .read()
                        .pipelines();
        assertThat(pipelines)
                .extracting(p -> String.valueOf(p.placement().selector()))
                .containsExactly(
                        "cloud == aws, tier == 1",
                        "cloud in (aws, gcp), gpu, region == eu-west-1, !spot, tier != test, x == 1,"
                                + " zone != b",
                        "cloud in (aws, gcp), !spot",
                        "null");
        assertThat(pipelines.get(0).rollout().engines()).isEqualTo(EngineOrder.DEFAULT);
        assertThat(pipelines.get(0).placement().failover()).isNull();
        assertThat(pipelines.get(1).placement().failover()).isEqualTo(Placement.Failover.DEFAULT);
        assertThat(pipelines.get(3).placement().failover()).isEqualTo(Placement.Failover.DEFAULT);
        assertThat(pipelines.get(3).placement().engines()).containsExactly("b", "a");
    }
}
