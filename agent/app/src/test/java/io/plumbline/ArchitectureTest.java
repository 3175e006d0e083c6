package io.plumbline;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.plumbline.docs.Checkout;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The imports of docs/architecture.md, each with its reason. */
class ArchitectureTest {
    static final JavaClasses CODE = new ClassFileImporter().importPaths(Checkout.mainClasses());

    private static final String TICKER = "io\\.plumbline\\.port\\.Ticker.*";

    static final String[] LANGUAGE = {
        "java.lang..",
        "java.util",
        "java.util.function..",
        "java.util.stream..",
        "java.util.regex..",
        "java.math..",
        "java.text..",
        "java.time..",
        "java.nio.charset..",
        "java.security..",
        "javax.crypto..",
        "java.io",
        "org.jspecify..",
    };

    static void check(ArchRule rule) {
        rule.check(CODE);
    }

    private static DescribedPredicate<JavaMethodCall> call(
            String description, BiPredicate<String, String> ownerAndName) {
        return DescribedPredicate.describe(
                description,
                call -> ownerAndName.test(call.getTargetOwner().getName(), call.getName()));
    }

    static DescribedPredicate<JavaClass> allBut(String[] some, String... more) {
        var all = new java.util.ArrayList<>(java.util.List.of(some));
        all.addAll(java.util.List.of(more));
        return resideOutsideOfPackages(all.toArray(String[]::new));
    }

    @Test
    void theCoreIsPure() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.core..")
                        .should()
                        .dependOnClassesThat(
                                allBut(
                                        LANGUAGE,
                                        "io.plumbline.core..",
                                        "io.plumbline.manifest..",
                                        "io.plumbline.api.."))
                        .because(
                                "the core is functions over records: it can be tested by tables and"
                                        + " replayed only if no clock, executor, file, logger or"
                                        + " library can change what it gives (invariant 2)"));
    }

    @Test
    void theCoreReadsNoClockAndStartsNothing() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.core..")
                        .should()
                        .dependOnClassesThat()
                        .haveNameMatching(
                                "java\\.time\\.(Clock|InstantSource)|java\\.lang\\.(Thread|Process.*|Runtime|System\\$Logger)"
                                        + "|java\\.io\\.(File.*|(?!ByteArray).*Stream|.*Reader|.*Writer)")
                        .because(
                                "time, threads and files stand at the edge, behind ports (invariant 2)"));
    }

    @Test
    void portsKnowTheCoreOnly() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.port..")
                        .should()
                        .dependOnClassesThat(
                                resideInAPackage("io.plumbline..")
                                        .and(
                                                resideOutsideOfPackages(
                                                        "io.plumbline.port..",
                                                        "io.plumbline.core..",
                                                        "io.plumbline.api..",
                                                        "io.plumbline.manifest..")))
                        .because(
                                "a port is what the core needs, named by role; a port that knew an"
                                        + " adapter could not have a second one"));
    }

    @Test
    void theApiKnowsNothingOfTheAgent() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.api..")
                        .should()
                        .dependOnClassesThat(
                                allBut(
                                        LANGUAGE,
                                        "io.plumbline.api..",
                                        "com.fasterxml.jackson.core.."))
                        .because(
                                "the agent, the command and other programs share it: it must not"
                                        + " bring anything else with it"));
    }

    @Test
    void adaptersDoNotKnowEachOther() {
        check(
                slices().matching("io.plumbline.adapter.(*)..")
                        .should()
                        .notDependOnEachOther()
                        .because(
                                "each technology must be replaceable by itself; what two adapters"
                                        + " share belongs into a port"));
    }

    @Test
    void adaptersKnowPortsAndCoreOnly() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.adapter..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "io.plumbline",
                                "io.plumbline.runtime..",
                                "io.plumbline.server..",
                                "io.plumbline.cli..")
                        .because("an adapter carries out what it is told and decides nothing"));
    }

    @Test
    void theLoopsKnowNoTechnology() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.runtime..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "io.plumbline",
                                "io.plumbline.adapter..",
                                "io.plumbline.server..",
                                "io.plumbline.cli..")
                        .because(
                                "the loops must run unchanged over fakes, so that crashes and"
                                        + " partitions can be tested without an engine"));
    }

    @Test
    void thePartsOfTheLoopsHaveNoCycles() {
        check(
                slices().matching("io.plumbline.runtime.(*)..")
                        .should()
                        .beFreeOfCycles()
                        .because(
                                "a part must be readable without those above it; docs/architecture.md"
                                        + " has their order"));
    }

    @Test
    void thePartsOfTheLoopsAreSmall() {
        var sizes =
                CODE.stream()
                        .filter(c -> c.getPackageName().startsWith("io.plumbline.runtime"))
                        .filter(
                                c ->
                                        c.isTopLevelClass()
                                                && !c.getSimpleName().equals("package-info"))
                        .collect(
                                Collectors.groupingBy(
                                        JavaClass::getPackageName, Collectors.counting()));
        assertThat(sizes).hasSizeGreaterThan(5);
        assertThat(sizes.values()).allMatch(n -> n >= 2 && n <= 15);
    }

    @Test
    void theServerAsksThroughTheControlPort() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.server..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "io.plumbline",
                                "io.plumbline.adapter..",
                                "io.plumbline.engine..",
                                "io.plumbline.runtime..",
                                "io.plumbline.cli..")
                        .because("what HTTP can ask is what the port says, and nothing beside it"));
    }

    @Test
    void theCommandStandsAlone() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.cli..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "io.plumbline",
                                "io.plumbline.adapter..",
                                "io.plumbline.engine..",
                                "io.plumbline.runtime..",
                                "io.plumbline.server..",
                                "io.vertx..",
                                "io.netty..",
                                "org.slf4j..",
                                "ch.qos.logback..",
                                "com.github.dockerjava..",
                                "org.eclipse.jgit..",
                                "org.apache.sshd..",
                                "io.micrometer..")
                        .because(
                                "the command is assembled on a class path of its own so that it"
                                        + " starts at once: no Vert.x, no logging backend"));
    }

    @Test
    void onlyTheCompositionRootMakesAdapters() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages("io.plumbline", "io.plumbline.adapter..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.plumbline.adapter..")
                        .because("one place says which technology stands behind a port"));
    }

    private static void onlyIn(String library, String reason, String... packages) {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(packages)
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(library)
                        .because(reason));
    }

    @Test
    void eachTechnologyHasOneHome() {
        onlyIn(
                "io.vertx..",
                "futures and event loops spread: Vert.x stays in the server, handlers hand off to"
                        + " virtual threads",
                "io.plumbline.server..",
                "io.plumbline");
        onlyIn(
                "com.github.dockerjava..",
                "another kind of engine must not have to speak docker-java",
                "io.plumbline.engine.docker.wire..");
        onlyIn(
                "org.eclipse.jgit..",
                "Git is read from objects behind one port, never checked out",
                "io.plumbline.adapter.git..");
        onlyIn(
                "org.bouncycastle..",
                "what a signature is worth is decided in one place",
                "io.plumbline.adapter.signatures..");
        onlyIn(
                "org.apache.sshd..",
                "Git goes over ssh in one place, engines and the showing of host keys in another, SSH"
                        + " signatures are checked in a third; nobody else handles keys",
                "io.plumbline.adapter.signatures..",
                "io.plumbline.adapter.ssh..",
                "io.plumbline.adapter.git..");
        onlyIn(
                "org.semver4j..",
                "which tag is the highest is the Git adapter's question",
                "io.plumbline.adapter.git..");
        onlyIn(
                "java.sql..",
                "the ledger's format is one adapter's own",
                "io.plumbline.adapter.sqlite..");
        onlyIn(
                "org.sqlite..",
                "the ledger's format is one adapter's own",
                "io.plumbline.adapter.sqlite..");
        onlyIn(
                "picocli..",
                "options and exit codes are the command's own",
                "io.plumbline.cli..",
                "io.plumbline");
        onlyIn(
                "com.fasterxml.jackson.databind..",
                "the command starts at once: the API's JSON needs jackson-core only (decision 34)",
                "io.plumbline.engine.docker.wire..",
                "io.plumbline.adapter..");
        onlyIn(
                "java.lang.foreign..",
                "the system is called past the JDK in one place, for the umask",
                "io.plumbline");
        onlyIn(
                "io.github.resilience4j..",
                "who waits for whom is decided where the loops are, and where the server takes requests;"
                        + " adapters only have deadlines, the metrics only count",
                "io.plumbline.engine.docker.observe..",
                "io.plumbline.server..",
                "io.plumbline.adapter.metrics..",
                "io.plumbline");
        onlyIn(
                "io.micrometer..",
                "names and labels of metrics are kept in one place",
                "io.plumbline.adapter.metrics..",
                "io.plumbline");
    }

    @Test
    void onlyTheManifestModuleReadsYaml() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages("io.plumbline.manifest..", "io.plumbline.cli..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("org.yaml..")
                        .because(
                                "one reader with places and limits reads what people write; the"
                                        + " command only writes YAML"));
        check(
                noClasses()
                        .should()
                        .callMethodWhere(
                                call(
                                        "load YAML",
                                        (owner, name) ->
                                                owner.equals("org.yaml.snakeyaml.Yaml")
                                                        && name.startsWith("load")))
                        .because("load() makes objects of what a file says"));
    }

    @Test
    void theManifestLanguageKnowsNothingOfTheAgent() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.plumbline.manifest..")
                        .should()
                        .dependOnClassesThat(
                                resideInAPackage("io.plumbline..")
                                        .and(resideOutsideOfPackages("io.plumbline.manifest..")))
                        .because("it is a jar of its own for other tools"));
    }

    @Test
    void onlyTheLoopsAskWhatTimeItIs() {
        var clocks =
                Set.of(
                        Clock.class.getName(),
                        InstantSource.class.getName(),
                        Instant.class.getName(),
                        LocalDate.class.getName(),
                        LocalDateTime.class.getName(),
                        OffsetDateTime.class.getName(),
                        ZonedDateTime.class.getName());
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.plumbline.runtime..")
                        .and()
                        .haveNameNotMatching(TICKER)
                        .should()
                        .callMethodWhere(
                                call(
                                        "read the wall clock",
                                        (owner, name) ->
                                                (clocks.contains(owner)
                                                                && name.matches(
                                                                        "now|system.*|tick.*"))
                                                        || (owner.equals("java.lang.System")
                                                                && name.equals(
                                                                        "currentTimeMillis"))))
                        .because(
                                "time comes from a Ticker that tests can turn: deadlines must not"
                                        + " depend on a clock that somebody sets (invariant 8)"));
    }

    @Test
    void theLoopsWaitThroughTheTasksPort() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage(
                                "io.plumbline.runtime..",
                                "io.plumbline.engine.docker.apply..",
                                "io.plumbline.engine.docker.observe..")
                        .should()
                        .callMethodWhere(
                                call(
                                        "start a thread, wait, or read a clock or a random number"
                                                + " past Ticker and Tasks",
                                        ArchitectureTest::passesTasks))
                        .orShould()
                        .dependOnClassesThat()
                        .haveNameMatching(
                                "java\\.util\\.concurrent\\.(.*BlockingQueue|.*BlockingDeque|.*Executor.*"
                                        + "|Semaphore|CountDownLatch|CyclicBarrier|Phaser|Exchanger"
                                        + "|FutureTask|StructuredTaskScope.*|ThreadLocalRandom"
                                        + "|locks\\.(LockSupport|Condition|StampedLock))"
                                        + "|java\\.util\\.(Random|Timer|UUID)|java\\.security\\.SecureRandom")
                        .because(
                                "a simulation runs the loops on one thread, on simulated time and"
                                        + " from one seed; only locks that are held for a moment"
                                        + " need no port"));
    }

    private static boolean passesTasks(String owner, String method) {
        return switch (owner) {
            case "java.lang.Thread" -> !method.matches("currentThread|interrupt|isInterrupted");
            case "java.lang.Object" -> method.matches("wait|notify|notifyAll");
            case "java.lang.System" ->
                    method.matches("nanoTime|currentTimeMillis|identityHashCode");
            case "java.lang.Math" -> method.equals("random");
            case "java.time.Instant" -> method.equals("now");
            case "java.util.concurrent.CompletableFuture" ->
                    method.matches("get|orTimeout|completeOnTimeout|.*Async|delayedExecutor");
            default -> false;
        };
    }

    @Test
    void onlyAdaptersMeasureDurations() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(
                                "io.plumbline.adapter..", "io.plumbline.engine.docker.wire..")
                        .and()
                        .haveNameNotMatching(TICKER)
                        .should()
                        .callMethod(System.class, "nanoTime")
                        .because(
                                "durations are measured on a Ticker; an adapter may time one call"
                                        + " of its own to the outside, which no test's clock slows"));
    }

    @Test
    void nobodyStartsAShell() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.plumbline.adapter.credentials..")
                        .should()
                        .dependOnClassesThat()
                        .haveFullyQualifiedName("java.lang.ProcessBuilder")
                        .because(
                                "no argument from Git reaches a program (invariant 11); credential helpers"
                                        + " are run by their whole path, of the configuration"));
        check(
                noClasses()
                        .should()
                        .callMethod(Runtime.class, "exec", String.class)
                        .orShould()
                        .callMethod(Runtime.class, "exec", String[].class)
                        .because("no argument from Git reaches a shell (invariant 11)"));
    }

    @Test
    void thereIsNoReflectionAndNoVagueName() {
        check(
                noClasses()
                        .that()
                        .haveNameNotMatching("io\\.plumbline\\.api\\.(Codec|Schemas).*")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("java.lang.reflect..")
                        .because(
                                "what the compiler cannot see it cannot check; the codec of the API"
                                        + " looks at records, whose names and types it has checked"));
        check(
                classes()
                        .should()
                        .haveNameNotMatching(".*(Util|Utils|Manager|Helper|Impl|Common)")
                        .because("the name says what it is, and docs/reference.md has it"));
    }

    @Test
    void nobodyPrintsPastTheLog() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.plumbline")
                        .should()
                        .accessField(System.class, "out")
                        .orShould()
                        .accessField(System.class, "err")
                        .because(
                                "the agent logs, the command prints through its surroundings; only"
                                        + " the root speaks before there is a log"));
    }
}
