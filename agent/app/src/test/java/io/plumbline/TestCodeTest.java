package io.plumbline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.plumbline.docs.Checkout;
import io.plumbline.testkit.Patience;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What keeps the tests independent of how busy the machine is. */
class TestCodeTest {
    private static final JavaClasses TESTS =
            new ClassFileImporter().importPaths(Checkout.testClasses());

    private static final String A_TEST = ".*(Test|IT|Property|Contract)(\\$.*)?";

    private static final Set<String> UPPER_BOUNDS =
            Set.of(
                    "isLessThan",
                    "isLessThanOrEqualTo",
                    "isBetween",
                    "isStrictlyBetween",
                    "isCloseTo");

    private static void check(ArchRule rule) {
        rule.check(TESTS);
    }

    private static DescribedPredicate<JavaMethodCall> demandsThatATimeIsShort() {
        return DescribedPredicate.describe(
                "demand that a duration is short",
                call ->
                        call.getTargetOwner().getSimpleName().equals("AbstractDurationAssert")
                                && UPPER_BOUNDS.contains(call.getName()));
    }

    @Test
    void noTestDemandsThatSomethingIsQuick() {
        check(
                noClasses()
                        .that()
                        .haveNameMatching(A_TEST)
                        .and()
                        .resideOutsideOfPackage("io.plumbline.simulation..")
                        .should()
                        .callMethodWhere(demandsThatATimeIsShort())
                        .because(
                                "a test states order and cause; a time is a measurement and belongs"
                                        + " into scripts/bench, except in the simulation, where"
                                        + " time does not pass by itself"));
    }

    @Test
    void onlyPatienceSaysHowLongAWaitMayTake() {
        check(
                noClasses()
                        .that()
                        .doNotBelongToAnyOf(Patience.class)
                        .should()
                        .callMethod(Awaitility.class, "await")
                        .because("the limit of a wait only ends a test that hangs"));
    }

    @Test
    void noTestSleeps() {
        check(
                noClasses()
                        .that()
                        .haveNameMatching(".*(Test|IT|Property|Contract)")
                        .should()
                        .callMethodWhere(
                                DescribedPredicate.describe(
                                        "sleep",
                                        call ->
                                                call.getTargetOwner().isEquivalentTo(Thread.class)
                                                        && call.getName().equals("sleep")))
                        .because("a test waits for a condition"));
    }
}
