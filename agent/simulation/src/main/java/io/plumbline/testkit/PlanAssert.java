package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.Reason;
import io.plumbline.core.workload.ReplacementStrategy;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Says what a plan does in words a person can read: containers are called {@code web-1@v2}, after
 * the first of the named releases that has their spec.
 *
 * <pre>
 * pull web:2 | createNetwork NAME | createVolume NAME | create web-1@v2 | copy ... | start ...
 * wait web-1@v2 | connect web-1@v2 as web | connect web-1@v2 without alias | disconnect ...
 * update web-1@v1 restart=no | rename x to web-1@v1 | unpause ... | stop ... | remove ...
 * </pre>
 */
public final class PlanAssert {

    private final ActionPlan plan;
    private final Map<String, String> nicks = new TreeMap<>();

    private PlanAssert(ActionPlan plan) {
        this.plan = plan;
    }

    /** About a plan. */
    public static PlanAssert assertPlan(ActionPlan plan) {
        return new PlanAssert(plan);
    }

    /** Gives the specs of a release a name, unless an earlier release has them. */
    public PlanAssert calling(String name, Release release) {
        release.services()
                .forEach(s -> nicks.putIfAbsent(s.name() + s.specHash().substring(3, 9), name));
        return this;
    }

    /** Exactly these actions in this order, and no blockers. */
    public PlanAssert does(String... actions) {
        assertThat(plan.blockers()).isEmpty();
        assertThat(words()).containsExactly(actions);
        everyActionHasAReason();
        return this;
    }

    /** No actions, no blockers. */
    public PlanAssert doesNothing() {
        return does();
    }

    /** No actions, and blockers that contain these texts. */
    public PlanAssert isBlocked(String... texts) {
        assertThat(words()).isEmpty();
        assertThat(plan.blockers()).hasSize(texts.length);
        for (int i = 0; i < texts.length; i++) {
            assertThat(plan.blockers().get(i)).contains(texts[i]);
        }
        return this;
    }

    /** The reasons of the first such action, as {@code field: from -> to}. */
    public PlanAssert because(String action, String... reasons) {
        Action a = find(action);
        assertThat(a.reasons().stream().map(Reason::toString).map(this::nick).toList())
                .containsExactly(reasons);
        return this;
    }

    /** How a service's containers are replaced: {@code startFirst}, {@code stopFirst}. */
    public PlanAssert replaces(String service, String strategy) {
        ReplacementStrategy actual = plan.services().get(service);
        assertThat(actual == null ? "none" : actual.word()).isEqualTo(strategy);
        return this;
    }

    /** These actions follow each other and are one unit. */
    public PlanAssert asOneUnit(String... actions) {
        int from = words().indexOf(actions[0]);
        assertThat(from).as("first of the unit").isNotNegative();
        assertThat(words().subList(from, from + actions.length)).containsExactly(actions);
        String unit = plan.actions().get(from).unit();
        assertThat(unit).isNotEmpty();
        assertThat(plan.actions().stream().filter(a -> a.unit().equals(unit)))
                .hasSize(actions.length);
        return this;
    }

    /** The plan in words. */
    public List<String> words() {
        var out = new ArrayList<String>();
        for (Action a : plan.actions()) {
            out.add(word(a));
        }
        return out;
    }

    private String word(Action a) {
        String what = a.word() + " ";
        return switch (a) {
            case Action.Pull p -> what + p.target();
            case Action.CreateNetwork n -> what + n.target();
            case Action.CreateVolume v -> what + v.target();
            case Action.Connect c ->
                    what
                            + nick(c.container())
                            + (c.networkName().startsWith("plumbline-base-")
                                    ? " to " + c.networkName()
                                    : c.receives() ? " as " + c.target() : " without alias");
            case Action.Create c ->
                    what + nick(c.container()) + (c.receives() ? " as " + c.target() : "");
            case Action.Update u ->
                    what
                            + nick(u.container())
                            + (u.memory() == 0 ? "" : " memory=" + u.memory())
                            + (u.nanoCpus() == 0 ? "" : " nanoCpus=" + u.nanoCpus())
                            + " restart="
                            + u.restart();
            case Action.Rename r -> what + nick(r.container()) + " to " + nick(r.to());
            case Action.Copy _,
                    Action.Start _,
                    Action.Wait _,
                    Action.Disconnect _,
                    Action.Unpause _,
                    Action.Stop _,
                    Action.Remove _ ->
                    what + nick(a.container());
        };
    }

    private void everyActionHasAReason() {
        for (Action a : plan.actions()) {
            assertThat(a.reasons()).as(word(a)).isNotEmpty();
        }
    }

    private Action find(String action) {
        int i = words().indexOf(action);
        assertThat(i).as(action + " in " + words()).isNotNegative();
        return plan.actions().get(i);
    }

    private String nick(String text) {
        var name =
                Pattern.compile(
                        Pattern.quote(plan.pipeline()) + "-([a-z0-9-]+)-([0-9]+)-([0-9a-f]{6})");
        return name.matcher(text)
                .replaceAll(
                        m -> {
                            String nick = nicks.get(m.group(1) + m.group(3));
                            return m.group(1)
                                    + "-"
                                    + m.group(2)
                                    + "@"
                                    + (nick == null ? "?" : nick);
                        });
    }
}
