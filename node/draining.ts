/** How a controller leaves the target pool before its API server stops answering. */

/** The legacy HTTP health check of the target pool: seconds, and numbers of answers in a row. */
export const healthCheck = { intervalSeconds: 2, timeoutSeconds: 2, healthy: 1, unhealthy: 3 };

/** Seconds until the load balancer notices that a controller fails: the last of the failed probes may time out. */
export const NOTICE_SECONDS = healthCheck.intervalSeconds * healthCheck.unhealthy + healthCheck.timeoutSeconds;

/**
 * Seconds a stopping API server keeps answering while its /readyz fails. Longer than the load balancer needs to notice,
 * so that no new connection reaches a server that is gone.
 */
export const SHUTDOWN_DELAY_SECONDS = NOTICE_SECONDS + 2;
