package io.plumbline.enginesim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.enginesim.SimContainer.Endpoint;
import io.plumbline.port.LogLine;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What is on a simulated engine, and what its commands do to it. The words of its refusals are
 * those of Engine 20.10, by which the adapter tells one from another.
 */
final class SimHost {
    final SimEvents events = new SimEvents();
    final SimNetworks networks;
    private final String name;
    private final Map<String, SimContainer> containers = new LinkedHashMap<>();
    private final Map<String, String> ids = new TreeMap<>();
    private final List<SimImage> images = new CopyOnWriteArrayList<>();
    private final Map<String, ObjectNode> volumes = new TreeMap<>();
    private final Map<String, List<String>> anonymousVolumes = new TreeMap<>();
    private final Set<Integer> held = new HashSet<>();
    private int serial;

    SimHost(String name) {
        this.name = name;
        this.networks = new SimNetworks(this, name);
    }

    // ---- images and volumes

    void add(SimImage image) {
        images.removeIf(i -> i.id().equals(image.id()));
        images.add(image);
    }

    SimImage image(String wanted) {
        return images.stream()
                .filter(i -> i.named(wanted))
                .findFirst()
                .orElseThrow(
                        () ->
                                new SimRefusal(
                                        404,
                                        "no such image: " + wanted + ": No such image: " + wanted));
    }

    int images() {
        return images.size();
    }

    synchronized Collection<ObjectNode> volumes() {
        return List.copyOf(volumes.values());
    }

    synchronized ObjectNode volume(String volume) {
        var found = volumes.get(volume);
        if (found == null) {
            throw new SimRefusal(404, "get " + volume + ": no such volume");
        }
        return found;
    }

    synchronized ObjectNode createVolume(ObjectNode body) {
        var volume = body.path("Name").asText();
        var known = volumes.get(volume);
        if (known != null) {
            return known;
        }
        var made = SimJson.MAPPER.createObjectNode();
        made.put("CreatedAt", now()).put("Driver", "local");
        made.set("Labels", SimJson.orNull(body.path("Labels")));
        made.put("Mountpoint", "/volumes/" + volume + "/_data").put("Name", volume);
        made.set("Options", SimJson.NULL);
        made.put("Scope", "local");
        volumes.put(volume, made);
        events.tell("volume", "create", volume, Map.of("driver", "local"));
        return made;
    }

    synchronized void removeVolume(String volume) {
        volume(volume);
        volumes.remove(volume);
        events.tell("volume", "destroy", volume, Map.of("driver", "local"));
    }

    // ---- containers

    synchronized SimContainer find(String idOrName) {
        var found = containers.get(ids.getOrDefault(idOrName, idOrName));
        if (found == null && idOrName.length() >= 12 && idOrName.length() < 64) {
            found =
                    containers.values().stream()
                            .filter(c -> c.id.startsWith(idOrName))
                            .findFirst()
                            .orElse(null);
        }
        if (found == null) {
            throw SimRefusal.noContainer(idOrName);
        }
        return found;
    }

    synchronized String inspect(String idOrName) {
        return find(idOrName).inspect();
    }

    /** The list, as the engine answers it: newest last here, which nobody relies on. */
    synchronized String list(boolean all, Collection<String> labels) {
        var out = new StringBuilder("[");
        for (var c : containers.values()) {
            if ((all || c.running()) && labels.stream().allMatch(l -> has(c, l))) {
                out.append(out.length() > 1 ? "," : "").append(c.row());
            }
        }
        return out.append(']').toString();
    }

    private static boolean has(SimContainer c, String label) {
        var parts = label.split("=", 2);
        var value = c.labels.get(parts[0]);
        return value != null && (parts.length < 2 || value.equals(parts[1]));
    }

    synchronized int count() {
        return containers.size();
    }

    synchronized int running() {
        return (int) containers.values().stream().filter(SimContainer::running).count();
    }

    synchronized String create(String wanted, ObjectNode body) {
        SimImage image;
        try {
            image = image(body.path("Image").asText());
        } catch (SimRefusal e) {
            throw new SimRefusal(404, "No such image: " + body.path("Image").asText());
        }
        refuseTaken(wanted, "");
        var shape = SimShape.of(image, body);
        var c = put(wanted, shape, shape.labels(body));
        events.container("create", c);
        return c.id;
    }

    /** Puts a container there that was not started, without an event. */
    synchronized SimContainer put(String wanted, SimShape shape, Map<String, String> labels) {
        var id = SimImage.hash("container " + name + " " + ++serial);
        var c = new SimContainer(id, wanted, shape, labels, mounts(id, shape), now());
        var network = shape.host().path("NetworkMode").asText();
        if (!network.equals("none") && !network.equals("host")) {
            c.networks.put(
                    network.equals("default") ? "bridge" : network, new Endpoint("", List.of()));
        }
        containers.put(id, c);
        ids.put(wanted, id);
        return c;
    }

    private String mounts(String id, SimShape shape) {
        var out = SimJson.MAPPER.createArrayNode();
        for (var m : shape.host().path("Mounts")) {
            boolean anonymous = m.path("Source").asText("").isEmpty();
            var target = m.path("Target").asText();
            var volume =
                    anonymous ? SimImage.hash("volume " + id + target) : m.path("Source").asText();
            if (anonymous) {
                anonymousVolumes.computeIfAbsent(id, _ -> new ArrayList<>()).add(volume);
            }
            if (!volumes.containsKey(volume)) {
                createVolume(SimJson.MAPPER.createObjectNode().put("Name", volume));
            }
            out.addObject()
                    .put("Type", "volume")
                    .put("Name", volume)
                    .put("Source", "/volumes/" + volume + "/_data")
                    .put("Destination", target)
                    .put("Driver", "local")
                    .put("Mode", "z")
                    .put("RW", !m.path("ReadOnly").asBoolean())
                    .put("Propagation", "");
        }
        return out.toString();
    }

    private void refuseTaken(String wanted, String prefix) {
        var holder = ids.get(wanted);
        if (holder != null) {
            throw new SimRefusal(
                    409,
                    prefix
                            + "Conflict. The container name \"/"
                            + wanted
                            + "\" is already in use by container \""
                            + holder
                            + "\". You have to remove (or rename) that container to be able to"
                            + " reuse that name.");
        }
    }

    /** Whether it was started; false when it ran already. */
    synchronized boolean start(String idOrName) {
        var c = find(idOrName);
        if (c.running()) {
            return false;
        }
        var program = SimProgram.of(c.shape.argv());
        try {
            c.networks.replaceAll((n, e) -> networks.joined(n, e));
            c.hostPorts.clear();
            publish(c);
            if (!program.found()) {
                throw new SimRefusal(
                        400,
                        "failed to create shim task: OCI runtime create failed: runc create failed:"
                                + " unable to start container process: exec: \""
                                + c.shape.argv().getFirst()
                                + "\": stat "
                                + c.shape.argv().getFirst()
                                + ": no such file or directory: unknown");
            }
        } catch (SimRefusal e) {
            released(c);
            c.error = e.said();
            c.exitCode = e.status() == 400 ? 127 : 128;
            c.changed();
            throw e;
        }
        run(c, program);
        return true;
    }

    /** A process of the host listens on that port of loopback. */
    synchronized void hold(int port) {
        held.add(port);
    }

    void publish(SimContainer c) {
        SimPorts.take(c, containers.values(), held);
    }

    private static void released(SimContainer c) {
        c.hostPorts.clear();
        c.networks.replaceAll((_, e) -> e.released());
    }

    private void run(SimContainer c, SimProgram program) {
        c.state = "running";
        c.started = now();
        c.exitCode = 0;
        c.error = "";
        c.health = c.checked() ? "starting" : "";
        program.output().forEach(line -> c.log.add(new LogLine(Instant.now(), line)));
        c.changed();
        int run = ++c.run;
        c.networks.keySet().forEach(n -> networks.event("connect", n, c));
        events.container("start", c);
        if (c.checked()) {
            later(20, c, run, () -> judge(c));
        }
        var code = program.exit();
        if (code != null) {
            later(5, c, run, () -> exit(c, code));
        }
    }

    private void later(long millis, SimContainer c, int run, Runnable action) {
        Thread.ofVirtual()
                .name("sim-container")
                .start(
                        () -> {
                            try {
                                Thread.sleep(millis);
                            } catch (InterruptedException e) {
                                return;
                            }
                            synchronized (this) {
                                if (c.run == run && c.running()) {
                                    action.run();
                                }
                            }
                        });
    }

    private void judge(SimContainer c) {
        var words = new ArrayList<String>();
        c.shape.config().path("Healthcheck").path("Test").forEach(w -> words.add(w.asText()));
        var exit = SimProgram.of(words.subList(1, words.size())).exit();
        health(c.id, exit == null || exit == 0 ? "healthy" : "unhealthy");
    }

    /** The engine's check says so from now on. */
    synchronized void health(String idOrName, String verdict) {
        var c = find(idOrName);
        c.health = verdict;
        c.changed();
        events.container("health_status: " + verdict, c);
    }

    /** Its process ends by itself. */
    synchronized void end(String idOrName, int code) {
        exit(find(idOrName), code);
    }

    private void exit(SimContainer c, int code) {
        ended(c, code);
        var policy = c.shape.restart();
        if (policy.equals("always")
                || policy.equals("unless-stopped")
                || (policy.equals("on-failure") && code != 0)) {
            int run = c.run;
            Thread.ofVirtual()
                    .name("sim-restart")
                    .start(
                            () ->
                                    restart(
                                            c,
                                            run,
                                            Math.min(100L << Math.min(c.restarts, 9), 60_000)));
        }
    }

    private void restart(SimContainer c, int run, long wait) {
        try {
            Thread.sleep(wait);
        } catch (InterruptedException e) {
            return;
        }
        synchronized (this) {
            if (c.run == run && containers.containsKey(c.id)) {
                c.restarts++;
                run(c, SimProgram.of(c.shape.argv()));
            }
        }
    }

    private void ended(SimContainer c, int code) {
        c.state = "exited";
        c.exitCode = code;
        c.finished = now();
        released(c);
        c.changed();
        events.container("die", c);
        c.networks.keySet().forEach(n -> networks.event("disconnect", n, c));
        notifyAll();
    }

    /** Whether it was stopped; false when it did not run. */
    synchronized boolean stop(String idOrName) {
        var c = find(idOrName);
        c.run++;
        if (!c.running()) {
            return false;
        }
        ended(c, 137);
        events.container("stop", c);
        return true;
    }

    synchronized void kill(String idOrName) {
        var c = find(idOrName);
        if (!c.running()) {
            throw new SimRefusal(
                    409,
                    "Cannot kill container: "
                            + idOrName
                            + ": Container "
                            + c.id
                            + " is not running");
        }
        events.container("kill", c);
        c.run++;
        ended(c, 137);
    }

    synchronized void remove(String idOrName, boolean force, boolean withVolumes) {
        var c = find(idOrName);
        if (c.running()) {
            if (!force) {
                throw new SimRefusal(
                        409,
                        "You cannot remove a running container "
                                + c.id
                                + ". Stop the container before attempting removal or force remove");
            }
            ended(c, 137);
        }
        containers.remove(c.id);
        ids.remove(c.name);
        var own = anonymousVolumes.remove(c.id);
        if (withVolumes && own != null) {
            own.forEach(volumes::remove);
        }
        c.run++;
        events.container("destroy", c);
        notifyAll();
    }

    synchronized void rename(String idOrName, String to) {
        var c = find(idOrName);
        refuseTaken(to, "Error when allocating new name: ");
        ids.remove(c.name);
        ids.put(to, c.id);
        c.name = to;
        c.changed();
        events.container("rename", c);
    }

    synchronized void pause(String idOrName, boolean on) {
        var c = find(idOrName);
        if (!c.state.equals(on ? "running" : "paused")) {
            throw new SimRefusal(
                    on ? 409 : 500,
                    "Container " + c.id + (on ? " is not running" : " is not paused"));
        }
        c.state = on ? "paused" : "running";
        c.changed();
        events.container(on ? "pause" : "unpause", c);
    }

    synchronized void update(String idOrName, ObjectNode change) {
        var c = find(idOrName);
        c.shape = c.shape.updated(change);
        c.changed();
        events.container("update", c);
    }

    synchronized Collection<SimContainer> on(String network) {
        return containers.values().stream()
                .filter(c -> c.running() && !c.address(network).isEmpty())
                .toList();
    }

    static String now() {
        return Instant.now().toString();
    }
}
