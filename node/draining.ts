/** The times by which a controller leaves the target pool before its API server stops. */

/** The target pool's legacy HTTP health check: times in seconds, and how many answers in a row change a member's health. */
export const healthCheck = { intervalSeconds: 1, timeoutSeconds: 1, healthy: 1, unhealthy: 3 };

/** The most seconds until the load balancer notices that a controller fails. The last failed probe may take its whole timeout. */
export const NOTICE_SECONDS = healthCheck.intervalSeconds * healthCheck.unhealthy + healthCheck.timeoutSeconds;

/**
 * The least seconds for which a stopping API server still answers while its /readyz fails (setting drainSeconds). Less, and new
 * connections would go to a server that is gone. Google has several probers, each with its own clock, and its load balancer
 * learns of their results with a delay, so it takes more there.
 */
export const LEAST_DRAIN_SECONDS = NOTICE_SECONDS + 1;

/** A step gives kube-apiserver three minutes to drain, to end its requests, and to come back. */
export const MOST_DRAIN_SECONDS = 60;
