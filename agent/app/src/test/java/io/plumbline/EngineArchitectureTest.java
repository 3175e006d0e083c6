package io.plumbline;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static io.plumbline.ArchitectureTest.CODE;
import static io.plumbline.ArchitectureTest.LANGUAGE;
import static io.plumbline.ArchitectureTest.allBut;
import static io.plumbline.ArchitectureTest.check;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaModifier;
import io.plumbline.engine.docker.live.LiveContainer;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The seam to engines: what each side may import and name, see docs/engine-drivers.md. */
class EngineArchitectureTest {

    @Test
    void thePlansOfDockerArePure() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                "io.plumbline.engine.docker.live..",
                                "io.plumbline.engine.docker.health..",
                                "io.plumbline.engine.docker.traffic..",
                                "io.plumbline.engine.docker.plan..")
                        .should()
                        .dependOnClassesThat(
                                allBut(
                                        LANGUAGE,
                                        "io.plumbline.engine.docker.live..",
                                        "io.plumbline.engine.docker.health..",
                                        "io.plumbline.engine.docker.traffic..",
                                        "io.plumbline.engine.docker.plan..",
                                        "io.plumbline.core..",
                                        "io.plumbline.manifest.."))
                        .because(
                                "comparing, judging and planning are functions over records, as in"
                                        + " the core (invariant 2)"));
    }

    @Test
    void nothingAboveTheSeamKnowsAKindOfEngine() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages("io.plumbline", "io.plumbline.engine..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.plumbline.engine..")
                        .because(
                                "a further kind of engine must need no change above"
                                        + " io.plumbline.port.driver"));
    }

    @Test
    void onlyTheRouterReadsAliases() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(
                                "io.plumbline.engine.docker.traffic..",
                                "io.plumbline.engine.docker.live..",
                                "io.plumbline.engine.docker.wire..")
                        .should()
                        .callMethod(LiveContainer.Attachment.class, "aliases")
                        .because(
                                "who receives requests is decided in one package, so that another"
                                        + " router can take its place"));
    }

    /** Words of the API, of metrics and of stored events; they stay. */
    private static final Set<String> STAYS =
            Set.of(
                    "io.plumbline.core.rollout.EventType.CONTAINER_RESPONDS",
                    "io.plumbline.core.rollout.EventType.CONTAINER_UNRESPONSIVE",
                    "io.plumbline.port.Control$EngineView.containers",
                    "io.plumbline.port.Telemetry$EngineFigures.containers");

    @Test
    void nothingAboveTheSeamNamesAContainer() {
        var named =
                CODE.stream()
                        .filter(
                                c ->
                                        c.getPackageName()
                                                .matches(
                                                        "io\\.plumbline\\.(core|runtime|port)(\\..*)?"))
                        .flatMap(
                                c ->
                                        Stream.concat(
                                                Stream.of(c.getName()),
                                                Stream.concat(
                                                                c.getFields().stream(),
                                                                c.getMethods().stream())
                                                        .filter(
                                                                m ->
                                                                        m.getModifiers().stream()
                                                                                .noneMatch(
                                                                                        JavaModifier
                                                                                                        .SYNTHETIC
                                                                                                ::equals))
                                                        .map(m -> c.getName() + "." + m.getName())))
                        .filter(
                                n ->
                                        n.substring(n.lastIndexOf('.') + 1)
                                                .matches(
                                                        "(?i).*(container|docker|alias|imagelayer).*"))
                        .filter(n -> !STAYS.contains(n))
                        .toList();
        assertThat(named)
                .as("a further kind of engine has replicas; only engine.docker has containers")
                .isEmpty();
    }

    @Test
    void aKindOfEngineKnowsTheLowerLoopsOnly() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.engine..")
                        .should()
                        .dependOnClassesThat(
                                resideInAPackage("io.plumbline..")
                                        .and(
                                                resideOutsideOfPackages(
                                                        "io.plumbline.engine..",
                                                        "io.plumbline.core..",
                                                        "io.plumbline.port..",
                                                        "io.plumbline.manifest..",
                                                        "io.plumbline.runtime.loop..",
                                                        "io.plumbline.runtime.engine..",
                                                        "io.plumbline.runtime.secrets..",
                                                        "io.plumbline.runtime.state..")))
                        .because(
                                "a driver works towards a target and reports; what the target is, a"
                                        + " pipeline decides"));
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                "io.plumbline.engine.docker.api..",
                                "io.plumbline.engine.docker.wire..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "io.plumbline.runtime..",
                                "io.plumbline.engine.docker.apply..",
                                "io.plumbline.engine.docker.observe..",
                                "io.plumbline.engine.docker.plan..")
                        .because("a connection carries out what it is told and decides nothing"));
        check(
                slices().matching("io.plumbline.engine.docker.(*)..")
                        .should()
                        .beFreeOfCycles()
                        .because("a part must be readable without those above it"));
    }
}
