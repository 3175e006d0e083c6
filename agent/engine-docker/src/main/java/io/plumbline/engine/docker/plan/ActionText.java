package io.plumbline.engine.docker.plan;

import io.plumbline.core.workload.Reason;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The text of an action, a sentence for display: {@code web-1 gets the name web on network
 * plumbline_shop}. The reasons of a new container appear once, at its creation.
 */
public final class ActionText {
    private static final String NETWORKS = "networks[";

    private ActionText() {}

    /** Returns the sentence, with the reasons that it does not contain itself. */
    public static String of(Action action) {
        return switch (action) {
            case Action.Create c -> with("create " + c.container(), newContainer(c));
            case Action.Copy c -> "copy files into " + c.container();
            case Action.Start s ->
                    s.containerId().isEmpty()
                            ? "start " + s.container()
                            : with("start " + s.container(), s.reasons());
            case Action.Connect c -> connect(c);
            case Action.Disconnect d -> with(d.container() + " leaves a network", d.reasons());
            case Action.Wait w -> "wait until " + w.container() + " is healthy";
            case Action.Pull _,
                    Action.CreateNetwork _,
                    Action.CreateVolume _,
                    Action.Update _,
                    Action.Rename _,
                    Action.Unpause _,
                    Action.Stop _,
                    Action.Remove _ ->
                    with(action.word() + " " + subject(action), action.reasons());
        };
    }

    /** Whether another action, the creation, shows the reasons of this one. */
    public static boolean toldByCreation(Action action) {
        return action instanceof Action.Copy
                || (action instanceof Action.Start s && s.containerId().isEmpty());
    }

    private static String subject(Action action) {
        return action.container().isEmpty() ? action.target() : action.container();
    }

    /**
     * Returns the reasons of a new container. They describe its differences from the container that
     * it replaces.
     */
    private static List<Reason> newContainer(Action.Create c) {
        return c.reasons().stream()
                .filter(r -> !r.equals(new Reason("container", "", c.container())))
                .toList();
    }

    private static String connect(Action.Connect c) {
        var network = " on network " + c.networkName();
        var others = c.reasons().stream().filter(r -> !r.field().startsWith(NETWORKS)).toList();
        if (c.receives()) {
            return with(c.container() + " gets the name " + c.target() + network, others);
        }
        boolean had =
                c.reasons().stream()
                        .filter(r -> r.field().startsWith(NETWORKS))
                        .allMatch(r -> !r.from().startsWith("("));
        return had
                ? with(c.container() + " loses the name " + c.target() + network, others)
                : with(c.container() + " joins network " + c.networkName(), others);
    }

    private static String with(String sentence, List<Reason> reasons) {
        return reasons.isEmpty()
                ? sentence
                : sentence
                        + ": "
                        + reasons.stream().map(Reason::toString).collect(Collectors.joining("; "));
    }
}
