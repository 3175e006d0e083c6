package io.plumbline.core.rollout;

/**
 * The types of events, the word {@code type} of {@code plumb events -o json}. Programs rely on
 * these words; docs/reference.md lists them with their fields. A ledger can hold types of an
 * earlier version that are not here.
 */
public enum EventType {
    /** The agent is about to change a container, network or image on an engine. */
    ACTION("Action"),
    /** The agent took over containers that ran already, because its ledger was lost. */
    ADOPTED("Adopted"),
    /** A pipeline that was to be pruned is defined in Git again. */
    CAME_BACK("CameBack"),
    /** An engine that returned runs the release that the others run. */
    CAUGHT_UP("CaughtUp"),
    /** A container or network that is not needed any more could not be removed. */
    CLEAN_UP_FAILED("CleanUpFailed"),
    /** A container that did not answer its engine answers again, or is gone. */
    CONTAINER_RESPONDS("ContainerResponds"),
    /** The engine answers, but not about this container. */
    CONTAINER_UNRESPONSIVE("ContainerUnresponsive"),
    /** A deployment failed, and no stable release can be restored. */
    DEPLOYMENT_FAILED("DeploymentFailed"),
    /** The first plan of a deployment is being made. */
    DEPLOYMENT_PLANNING("DeploymentPlanning"),
    /** A deployment changes containers. */
    DEPLOYMENT_APPLYING("DeploymentApplying"),
    /** A deployment is hindered by something that is not its fault, and is tried again later. */
    DEPLOYMENT_POSTPONED("DeploymentPostponed"),
    /** An operator deploys a failed release again. */
    DEPLOYMENT_RETRIED("DeploymentRetried"),
    /** A deployment waits at a stage before its release is applied. */
    DEPLOYMENT_RUNNING("DeploymentRunning"),
    /** The release stayed healthy for its soak: it is stable. */
    DEPLOYMENT_STABLE("DeploymentStable"),
    /** A deployment began. */
    DEPLOYMENT_STARTED("DeploymentStarted"),
    /** A newer commit or a command took the place of a deployment. */
    DEPLOYMENT_SUPERSEDED("DeploymentSuperseded"),
    /** All replicas are healthy, and the soak begins. */
    DEPLOYMENT_VERIFYING("DeploymentVerifying"),
    /** A container differs from its release, and no deployment caused it. */
    DRIFT_DETECTED("DriftDetected"),
    /** The drift of a field is gone. */
    DRIFT_REPAIRED("DriftRepaired"),
    /** Another watched repository took the pipeline over. */
    HANDED_OVER("HandedOver"),
    /** An engine with replicas of the pipeline answers again. */
    ENGINE_REACHABLE("EngineReachable"),
    /** An engine with replicas of the pipeline does not answer. */
    ENGINE_UNREACHABLE("EngineUnreachable"),
    /** A new ledger took an engine over from another one, whose agent did not answer. */
    ENGINE_TAKEN_OVER("EngineTakenOver"),
    /** A head that was refused is accepted now, or no longer defines the pipeline. */
    HEAD_ACCEPTED("HeadAccepted"),
    /** An operator approved what a run of steps made. */
    GATE_APPROVED("GateApproved"),
    /** An operator rejected what a run of steps made. */
    GATE_REJECTED("GateRejected"),
    /** A run of steps waits for an approval. */
    GATE_WAITING("GateWaiting"),
    /** The head cannot be deployed: an error in its manifest, or something that is not allowed. */
    HEAD_REFUSED("HeadRefused"),
    /** The acknowledgement of an outage ended. */
    HEALTH_ACK_ENDED("HealthAckEnded"),
    /** An operator acknowledged an outage. */
    HEALTH_ACKNOWLEDGED("HealthAcknowledged"),
    /** A replica of a stable release is not healthy any more. */
    HEALTH_LOST("HealthLost"),
    /** A replica is healthy again. */
    HEALTH_REGAINED("HealthRegained"),
    /** An unhealthy container is restarted because of {@code onUnhealthy: restart}. */
    HEALTH_RESTART("HealthRestart"),
    /** The health of a replica is not known any more. */
    HEALTH_UNKNOWN("HealthUnknown"),
    /** A container that a deployment started is healthy. */
    HEALTHY("Healthy"),
    /** Replicas move from one engine to another. */
    MOVED("Moved"),
    /** An operator paused the pipeline. */
    PAUSED("Paused"),
    /** The number of replicas of a service on an engine changes. */
    PLACED("Placed"),
    /** Replicas should move and cannot. */
    PLACEMENT_STUCK("PlacementStuck"),
    /** A release is out of quarantine. */
    QUARANTINE_LIFTED("QuarantineLifted"),
    /** A pipeline that left Git is removed. Its volumes stay. */
    REMOVED("Removed"),
    /** The containers of a pipeline that left Git are being removed. */
    REMOVING("Removing"),
    /** A pipeline has another name now ({@code metadata.was}). */
    RENAMED("Renamed"),
    /** A repository is not read as a whole. */
    REPOSITORY_PROBLEM("RepositoryProblem"),
    /** A repository is read as a whole again. */
    REPOSITORY_RECOVERED("RepositoryRecovered"),
    /** An operator ended a pause or a hold. */
    RESUMED("Resumed"),
    /** The last stable release itself failed during a revert or rollback. */
    REVERT_FAILED("RevertFailed"),
    /** A release failed by its own fault; the last stable release comes back. */
    REVERT_STARTED("RevertStarted"),
    /** A revert goes to a release whose signing key was revoked since. */
    REVERT_TO_REVOKED("RevertToRevoked"),
    /** The last stable release runs again after a failure. */
    REVERTED("Reverted"),
    /** The target of an operator's rollback runs. */
    ROLLED_BACK("RolledBack"),
    /** An operator's rollback began. */
    ROLLBACK_STARTED("RollbackStarted"),
    /** Another commit or a command took the place of a run of steps. */
    RUN_CANCELLED("RunCancelled"),
    /** A step of a run failed, or a gate did not pass. The services stay as they are. */
    RUN_FAILED("RunFailed"),
    /** A run of a commit's steps began. */
    RUN_STARTED("RunStarted"),
    /** All steps of a run succeeded, and all gates passed. */
    RUN_SUCCEEDED("RunSucceeded"),
    /** The result of an equal step was taken, so the step did not run. */
    STEP_CACHED("StepCached"),
    /** An attempt of a step failed. */
    STEP_FAILED("StepFailed"),
    /** An attempt of a step begins on an engine. */
    STEP_STARTED("StepStarted"),
    /** A step made its outputs. */
    STEP_SUCCEEDED("StepSucceeded"),
    /** The containers of a pipeline that left Git are being stopped. */
    STOPPING("Stopping"),
    /** Another agent of the same name works on an engine: nothing is changed there. */
    SECOND_AGENT("SecondAgent"),
    /** No other agent of the same name works on an engine any more. */
    SECOND_AGENT_GONE("SecondAgentGone"),
    /** A stored release keeps something that its repository's permissions refuse by now. */
    STORED_RELEASE_EXEMPT("StoredReleaseExempt"),
    /** A release that was never stable is no target of a revert any more. */
    TARGET_DROPPED("TargetDropped"),
    /** A call to an engine failed and is tried again. */
    TRYING_AGAIN("TryingAgain");

    private final String word;

    EventType(String word) {
        this.word = word;
    }

    /** Returns the word in the API and the ledger. */
    public String word() {
        return word;
    }

    /** Returns the event for a deployment that entered a stage of its rollout. */
    static EventType entered(DeploymentState stage) {
        return switch (stage) {
            case PLANNING -> DEPLOYMENT_PLANNING;
            case RUNNING -> DEPLOYMENT_RUNNING;
            case APPLYING -> DEPLOYMENT_APPLYING;
            case VERIFYING -> DEPLOYMENT_VERIFYING;
            case PENDING,
                    RESOLVING,
                    STABLE,
                    SUPERSEDED,
                    FAILED,
                    REVERTING,
                    REVERTED,
                    REVERT_FAILED,
                    ROLLED_BACK ->
                    throw new IllegalArgumentException(stage + " is no stage of the way up");
        };
    }
}
