package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.LogLine;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * What a test can make of a {@link FakeEngine} and see of it. What others do to an engine (stop,
 * remove, pause, rename, disconnect) is done by the port's methods or by those here; all of it
 * emits the events that a real engine does.
 */
public abstract class FakeScript extends FakeHost {
    FakeScript(String name, FakeRegistry registry, Tasks tasks) {
        super(name, registry, tasks);
    }

    /** The registry that this engine pulls from. */
    public FakeRegistry registry() {
        return registry;
    }

    /** Puts an image that no registry knows onto the engine, under that tag. */
    public synchronized FakeImage localImage(String tag) {
        FakeImage image = new FakeImage(tag, true, ++serial);
        images.put(image.id(), image);
        tags.put(tag, image.id());
        event("image", "tag", image.id(), Map.of("name", tag), null);
        return image;
    }

    /** Takes an image away, as {@code docker rmi -f} does. */
    public synchronized void removeImage(FakeImage image) {
        images.remove(image.id());
        tags.values().remove(image.id());
        event("image", "delete", image.id(), Map.of("name", image.id()), null);
    }

    /** Is called before each call of the port; replaces the one before. */
    public void before(FakeEngine.Before hook) {
        before = hook;
    }

    /** The next call of that method fails so; the ones after it work. */
    public void failNext(String operation, FailureKind kind, String message) {
        FakeEngine.Before outer = before;
        before =
                (op, target) -> {
                    if (op.equals(operation)) {
                        before = outer;
                        throw new PlumblineException(kind, message);
                    }
                    outer.call(op, target);
                };
    }

    /** What control experiments show from now on; they pass unless said. */
    public synchronized void controlShows(ControlResult result) {
        control = result;
    }

    /** From now on nothing answers: calls fail with {@code UNREACHABLE}, streams end. */
    public void goAway() {
        away = true;
        endStreams("connection lost");
    }

    /** From now on each stream of events ends as soon as it is opened; the rest works. */
    public void endsEvents() {
        eventsEnd = true;
    }

    /** How many streams of events were opened. */
    public int eventStreams() {
        return eventStreams.get();
    }

    /** Answers again; what hung is let go (and fails). Streams stay closed. */
    public void comeBack() {
        away = false;
        CountDownLatch latch = hanging;
        hanging = null;
        if (latch != null) {
            latch.countDown();
        }
    }

    /**
     * From now on each call takes {@code each} of real time and then fails with {@code
     * UNREACHABLE}, until {@link #comeBack()}.
     */
    public void hang(Duration each) {
        patience = each;
        hanging = new CountDownLatch(1);
    }

    /** Calls that wait now for the answer of an engine that hangs. */
    public int unanswered() {
        return unanswered.get();
    }

    /** Calls that ever waited for such an answer and got none. */
    public int givenUp() {
        return givenUp.get();
    }

    /**
     * From now on calls of that method about that object are not answered: they fail with {@code
     * UNREACHABLE} after {@code deadline}. The rest of the engine answers.
     *
     * @param target name or id of the object; empty for each
     */
    public void silence(String operation, String target, Duration deadline) {
        silent.add(new Silent(operation, target, deadline, new CountDownLatch(1)));
    }

    /** Everything answers again, also what was asked before. */
    public void answerAgain() {
        var all = List.copyOf(silent);
        silent.clear();
        all.forEach(s -> s.latch().countDown());
    }

    /** Engine and host are restarted: events are forgotten, restart policies decide what runs. */
    public synchronized void restart() {
        for (FakeContainer c : containers.values()) {
            String policy = c.config.restart();
            boolean ran = c.alive() || c.state == RunState.RESTARTING;
            if (ran) {
                ended(c, 143);
            }
            if (policy.equals("always") || (ran && policy.equals("unless-stopped"))) {
                run(c);
            }
        }
        history.clear();
        endStreams("engine restarted");
    }

    /** Changes what the checks say of the image's containers, running ones included. */
    public synchronized void healthOf(FakeImage image, EngineHealth health) {
        image.health(health);
        for (FakeContainer c : containers.values()) {
            if (c.image == image && c.alive()) {
                judge(c, health);
            }
        }
    }

    /** Changes what the check says of one container. */
    public synchronized void healthOf(String container, EngineHealth health) {
        judge(byName(container), health);
    }

    /** Changes what the check says of one container, and what its newest check answered. */
    public synchronized void healthOf(
            String container, EngineHealth health, int exitCode, String output) {
        FakeContainer c = byName(container);
        judge(c, health);
        c.lastCheck = new CheckResult(tick(), exitCode, output, 3, Duration.ofSeconds(60), false);
    }

    /** Changes what the newest check of a container says, and nothing else. */
    public synchronized void lastCheck(String container, CheckResult check) {
        byName(container).lastCheck = check;
    }

    /** Checks are run no more, or again; what the last ones said stays. */
    public synchronized void checking(boolean goesOn) {
        checking = goesOn;
    }

    /**
     * From now on no check in a container ends in time, or they do again. A start of the container
     * ends that.
     */
    public synchronized void hangChecks(String container, boolean hang) {
        FakeContainer c = byName(container);
        c.checksHang = hang || c.image.checksHang();
        judge(c, c.image.health());
    }

    /**
     * From now on no check and no control experiment on the host ends in time, or they do again.
     */
    public synchronized void overload(boolean overloads) {
        overloaded = overloads;
        control =
                overloads
                        ? ControlResult.failed("the command did not end in time")
                        : ControlResult.PASSED;
        containers.values().forEach(c -> judge(c, c.image.health()));
    }

    /**
     * A running container's endpoint on a network is lost. The network stays listed, published
     * ports of the first network are lost, and no event tells it.
     */
    public synchronized void loseEndpoint(String container, String network) {
        FakeContainer c = byName(container);
        if (c.alive()) {
            c.loseEndpoint(network);
        }
    }

    /** Somebody removes a network and disconnects by force what is on it. */
    public synchronized void removeNetworkByForce(String networkName) {
        for (LiveNetwork network : List.copyOf(networks.values())) {
            if (network.name().equals(networkName)) {
                for (FakeContainer c : containers.values()) {
                    if (c.alive() && attached(c, network.id())) {
                        leave(c, networkName);
                        networkEvent("disconnect", network, c);
                    }
                }
                networks.remove(network.id());
                event("network", "destroy", network.id(), Map.of("name", networkName), null);
            }
        }
    }

    /** The container's process ends; its restart policy decides what follows. */
    public synchronized void exit(String container, int code) {
        FakeContainer c = byName(container);
        ended(c, code);
        restartByPolicy(c);
    }

    /**
     * Somebody kills it with SIGKILL, as {@code docker kill}: its restart policy does not count.
     */
    public synchronized void kill(String container) {
        FakeContainer c = byName(container);
        var told = new TreeMap<>(c.labels);
        told.put("signal", "9");
        event("container", "kill", c.id, told, null);
        ended(c, 137);
    }

    /** From now on it answers that removals are under way, and removes nothing. */
    public void keepRemoving(boolean keeps) {
        removing = keeps;
    }

    /** Somebody runs a command in each container: events that change nothing. */
    public synchronized void stir() {
        containers.values().forEach(c -> event("container", "exec_die", c));
    }

    /** The kernel ends it for memory. */
    public synchronized void oom(String container) {
        FakeContainer c = byName(container);
        event("container", "oom", c);
        ended(c, 137);
        c.oomKilled = true;
        restartByPolicy(c);
    }

    /** Freezes a container. */
    public synchronized void pause(String container) {
        FakeContainer c = byName(container);
        c.state = RunState.PAUSED;
        event("container", "pause", c);
    }

    /** Somebody makes a container that is none of ours. */
    public synchronized void foreignContainer(NewContainer container) {
        containerFrom(container);
    }

    /** A process of the host listens on the port. */
    public synchronized void occupyPort(int port) {
        occupied.add(port);
    }

    /** It ends. */
    public synchronized void freePort(int port) {
        occupied.remove(port);
    }

    /** Appends a line to a container's log. */
    public synchronized void log(String container, String line) {
        FakeContainer c = byName(container);
        LogLine logged = new LogLine(tick(), line);
        c.log.add(logged);
        logReaders.forEach(
                (stream, id) -> {
                    if (id.equals(c.id)) {
                        stream.send(logged);
                    }
                });
    }

    /** A network vanishes though stopped containers use it, as {@code network prune} does. */
    public synchronized void pruneNetwork(String networkName) {
        networks.values().removeIf(n -> n.name().equals(networkName));
    }

    /** The next events are lost: subscribers do not get them. */
    public synchronized void loseEvents() {
        watchers.clear();
    }

    /** Whether those who listen have taken in every event so far. */
    public synchronized boolean eventsAreDelivered() {
        return watchers.stream().allMatch(FakeStream::isDelivered);
    }

    /** Calls that changed something, in order, as {@code start shop-web-1-abc}. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    /** Forgets the calls so far. */
    public synchronized void forgetCalls() {
        calls.clear();
    }

    /** All containers in the order of their making, as inspect shows them. */
    public synchronized List<LiveContainer> all() {
        return containers.values().stream().map(FakeContainer::live).toList();
    }

    /** The container of that name. */
    public synchronized LiveContainer container(String containerName) {
        return byName(containerName).live();
    }

    /** The name of the container of that id; the text itself where there is none. */
    public String nameFor(String containerId) {
        return nameOf(containerId);
    }

    /** The job of a container ends as it said at its start. */
    public synchronized void finish(String containerName) {
        finish(byName(containerName));
    }

    /** The bytes that were copied into a container; empty for none. */
    public synchronized Optional<byte[]> fileIn(String containerId, String target) {
        return Optional.ofNullable(byId(containerId).files.get(target)).map(FakeScript::whole);
    }

    static byte[] whole(FileContent file) {
        try (var in = file.bytes().open()) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Files copied into a container, by target. */
    public synchronized Map<String, FileContent> files(String containerName) {
        return Map.copyOf(byName(containerName).files);
    }

    /** How many event streams are open. */
    public synchronized int watchers() {
        return watchers.size();
    }

    /** How many streams of logs are open. */
    public synchronized int logReaders() {
        return logReaders.size();
    }

    /** Removes a container even while it runs, as somebody's {@code docker rm -f}. */
    public synchronized void removeByForce(String containerName) {
        FakeContainer c = byName(containerName);
        if (c.alive()) {
            ended(c, 137);
        }
        containers.remove(c.id);
        event("container", "destroy", c);
    }
}
