package io.plumbline.engine.docker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.engine.docker.observe.UnresponsiveObjects.Subject;
import io.plumbline.port.Ticker;
import org.junit.jupiter.api.Test;

class UnresponsiveObjectsTest {
    private static final Subject WEB = Subject.container("web");

    private final UnresponsiveObjects objects = new UnresponsiveObjects(Ticker.system());

    @Test
    void aContainerThatFilesAreCopiedIntoIsNotAskedAndNotSilent() {
        objects.busy(WEB);
        assertThat(objects.mayAsk(WEB, "inspect")).isFalse();
        objects.late(WEB, "inspect");
        objects.unanswered(WEB, "inspect", "");
        objects.idle(WEB);
        assertThat(objects.of(WEB)).isEmpty();
        assertThat(objects.mayAsk(WEB, "inspect")).isTrue();
    }

    @Test
    void aCopyThatGetsNoAnswerIsOnRecord() {
        objects.busy(WEB);
        objects.unanswered(WEB, "copy", "");
        objects.idle(WEB);
        assertThat(objects.of(WEB)).isPresent();
    }
}
