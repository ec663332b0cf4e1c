/** The times by which a controller leaves the target pool before its API server stops. */

/** The target pool's legacy HTTP health check: times in seconds, and how many answers in a row change a member's health. */
export const healthCheck = { intervalSeconds: 1, timeoutSeconds: 1, healthy: 1, unhealthy: 3 };

/** The most seconds until the load balancer notices that a controller fails. The last failed probe may take its whole timeout. */
export const NOTICE_SECONDS = healthCheck.intervalSeconds * healthCheck.unhealthy + healthCheck.timeoutSeconds;

/** Google has several probers, each with its own clock, and its load balancer learns of their results with a delay. */
const MARGIN_SECONDS = 8;

/**
 * Seconds for which a stopping API server still answers while its /readyz fails. Longer than the load balancer needs to
 * notice, so that no new connection goes to a server that is gone.
 */
export const SHUTDOWN_DELAY_SECONDS = NOTICE_SECONDS + MARGIN_SECONDS;
