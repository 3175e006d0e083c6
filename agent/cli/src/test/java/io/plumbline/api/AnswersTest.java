package io.plumbline.api;

import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.testkit.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every answer of the API, to the letter: other programs read them. */
@Timeout(120)
class AnswersTest {

    @Test
    void everyLook() {
        try (var scene = new ApiScene()) {
            var told = new StringBuilder();
            ApiScene.looks().forEach(q -> told.append(scene.told(q)));
            Golden.check("looks.txt", told.toString());
        }
    }

    @Test
    void everyChange() {
        try (var scene = new ApiScene()) {
            var told = new StringBuilder();
            ApiScene.changes().forEach(q -> told.append(scene.told(q)));
            Golden.check("changes.txt", told.toString());
        }
    }

    @Test
    void everyReply() {
        try (var scene = new ApiScene()) {
            var told = new StringBuilder();
            for (var outcome : Outcome.values()) {
                scene.control.reply =
                        Reply.of(outcome, "a sentence")
                                .deployment("d-7")
                                .release(Sample.RELEASE)
                                .plan(Sample.plan("recsys"))
                                .notes(List.of("a note"));
                told.append(scene.told("/api/v1/pipelines/recsys/rollback {}"));
            }
            scene.control.notReady.add("engine local: not looked at yet");
            told.append(scene.told("/readyz"));
            Golden.check("replies.txt", told.toString());
        }
    }

    @Test
    void everyStateOfADeployment() {
        try (var scene = new ApiScene()) {
            scene.control.deployments.clear();
            for (var state : DeploymentState.values()) {
                scene.control.deployments.add(Sample.deployment(1, Sample.RELEASE, state));
            }
            Golden.check(
                    "deployments.txt", scene.told("/api/v1/pipelines/recsys/history?limit=100"));
        }
    }
}
