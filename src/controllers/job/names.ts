/** Keeps a job's pod until its end has been counted in the job's status. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';

/** Annotation and label with the index of a pod of an Indexed job. */
export const indexName = 'batch.kubernetes.io/job-completion-index';

/** Environment variable with that index in every container. */
export const indexVariable = 'JOB_COMPLETION_INDEX';

/** Annotations that say how often pods of an index failed before this one, and how often that was ignored. */
export const failureCount = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredFailureCount = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** Who takes care of a job whose `spec.managedBy` names nobody else. */
export const jobManager = 'kubernetes.io/job-controller';

/** At most so many pods are made or removed in one go, and at most so many wait to be counted. */
export const BURST = 500;
