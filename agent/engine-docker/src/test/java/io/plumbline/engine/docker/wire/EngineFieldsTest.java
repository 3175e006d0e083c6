package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.PlainField;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The engine's side of the table of fields. */
class EngineFieldsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void hasAPlaceForEachFieldOfTheLanguage() {
        assertThat(EngineFields.NAMES.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        PlainField.all().stream().map(PlainField::key).toList());
    }

    @Test
    void readsWhatItWrites() {
        var values =
                FieldValues.of(
                        Map.of(
                                "init",
                                true,
                                "capAdd",
                                List.of("NET_ADMIN"),
                                "sysctls",
                                Map.of("kernel.sem", "1 2 3 4"),
                                "oomScoreAdj",
                                7L,
                                "shmSize",
                                1L << 20,
                                "dns",
                                List.of("10.0.0.2", "10.0.0.1")));
        var host = JSON.createObjectNode();
        EngineFields.write(host, values);
        assertThat(host.toString())
                .contains("\"Sysctls\":{\"kernel.sem\":\"1 2 3 4\"}", "\"OomScoreAdj\":7");
        assertThat(EngineFields.read(host)).isEqualTo(values);
    }

    @Test
    void takesTheEnginesSpellingAndItsEmptyValuesForWhatTheyMean() throws Exception {
        var host =
                JSON.readTree(
                        """
                        {"CapAdd": ["CAP_KILL", "CHOWN"], "CapDrop": null, "Dns": [], "Sysctls": null,
                         "OomScoreAdj": 0, "Init": null, "ExtraHosts": null}
                        """);
        assertThat(EngineFields.read(host).byKey())
                .isEqualTo(Map.of("capAdd", List.of("CHOWN", "KILL")));
    }
}
