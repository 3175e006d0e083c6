package io.plumbline.testkit;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.workload.Replica;
import io.plumbline.runtime.engine.DriverFactory;
import org.jspecify.annotations.Nullable;

/** The driver of the cluster in memory promises what each must. */
class ClusterDriverTest extends EngineDriverContract {

    @Override
    protected Bed bed() {
        return new ClusterBed();
    }

    private static final class ClusterBed implements Bed {
        private final FakeCluster cluster = new FakeCluster("local");

        @Override
        public DriverFactory factory() {
            return ClusterDriver.of(cluster);
        }

        @Override
        public ImageRef image(String reference) {
            return Releases.image(reference);
        }

        @Override
        public void away(boolean now) {
            cluster.away(now);
        }

        @Override
        public void unhealthy(Replica replica) {
            cluster.unhealthy(replica.id());
        }

        @Override
        public void changes(Replica replica) {
            cluster.changes(replica.id(), "memory", "64m");
        }

        @Override
        public void breaks(String reference) {
            cluster.breaks(reference);
        }

        @Override
        public void refuses(@Nullable String why) {
            cluster.refuses(why);
        }

        @Override
        public int changes() {
            return cluster.calls().size();
        }
    }
}
