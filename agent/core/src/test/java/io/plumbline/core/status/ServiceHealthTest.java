package io.plumbline.core.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.ServiceStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The health of several services together. */
class ServiceHealthTest {

    private static ServiceStatus service(HealthState health, int healthy) {
        return new ServiceStatus("s", "local", health, "", 2, 2, healthy, 0, "image", List.of());
    }

    private static HealthState together(ServiceStatus... services) {
        return ServiceHealth.together(List.of(services));
    }

    @Test
    void someReplicasAreDegradedAndNoneIsUnhealthy() {
        var well = service(HealthState.HEALTHY, 2);
        var half = service(HealthState.DEGRADED, 1);
        var none = service(HealthState.UNHEALTHY, 0);
        assertThat(together(well, well)).isEqualTo(HealthState.HEALTHY);
        assertThat(together(half)).isEqualTo(HealthState.DEGRADED);
        assertThat(together(well, none)).isEqualTo(HealthState.DEGRADED);
        assertThat(together(none, half)).isEqualTo(HealthState.DEGRADED);
        assertThat(together(none, none)).isEqualTo(HealthState.UNHEALTHY);
    }

    @Test
    void whatIsNotKnownIsNeverGreen() {
        var well = service(HealthState.HEALTHY, 2);
        var old = service(HealthState.UNKNOWN, 0);
        var starts = service(HealthState.PROGRESSING, 0);
        assertThat(together(well, old)).isEqualTo(HealthState.UNKNOWN);
        assertThat(together(old, starts)).isEqualTo(HealthState.UNKNOWN);
        assertThat(together(well, starts)).isEqualTo(HealthState.PROGRESSING);
        assertThat(together(old, service(HealthState.UNHEALTHY, 0)))
                .isEqualTo(HealthState.UNHEALTHY);
        assertThat(together()).isEqualTo(HealthState.MISSING);
        assertThat(together(well, service(HealthState.MISSING, 0))).isEqualTo(HealthState.DEGRADED);
    }
}
