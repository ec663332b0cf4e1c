import { directories, HEALTH_HOST, HEALTH_PATH, paths, ports, users } from "../layout";
import { hardening, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";

/**
 * The configuration of nginx. Google's health checks use plain HTTP without a certificate, and kube-apiserver refuses such
 * requests, so nginx forwards them with its own certificate. /healthz forwards to /readyz, because a server that is draining
 * is healthy but must get no new connections.
 */
export function healthProxyConfig(): string {
  const location = (path: string, upstream: string) =>
    `    location = ${path} {
      limit_except GET { deny all; }
      proxy_pass https://127.0.0.1:${ports.api}${upstream};
    }`;
  return `# Written by hardway.
daemon off;
worker_processes 1;
pid /run/health-proxy/nginx.pid;
error_log stderr warn;

events {
  worker_connections 256;
}

http {
  # Probes from outside are written down while a step waits for one: the file "watch" is there.
  map $remote_addr $outside {
    127.0.0.1 0;
    default 1;
  }
  log_format probe '$remote_addr $status';
  access_log off;
  server_tokens off;
  client_body_temp_path /run/health-proxy/body;
  proxy_temp_path /run/health-proxy/proxy;
  fastcgi_temp_path /run/health-proxy/fastcgi;
  uwsgi_temp_path /run/health-proxy/uwsgi;
  scgi_temp_path /run/health-proxy/scgi;

  server {
    listen ${ports.health} default_server;
    return 404;
  }

  server {
    listen ${ports.health};
    server_name ${HEALTH_HOST};

    set $probed 0;
    if (-f /run/health-proxy/watch) {
      set $probed $outside;
    }
    access_log /run/health-proxy/probes probe if=$probed;

    proxy_ssl_certificate ${paths.healthClient.certificate};
    proxy_ssl_certificate_key ${paths.healthClient.key};
    proxy_ssl_trusted_certificate ${paths.ca};
    proxy_ssl_verify on;
    proxy_ssl_name kubernetes;
    proxy_ssl_protocols TLSv1.3;
    proxy_ssl_session_reuse on;
    proxy_connect_timeout 1s;
    proxy_read_timeout 2s;
    # Nothing of the caller's goes on to the API server.
    proxy_pass_request_headers off;
    proxy_pass_request_body off;

${location(HEALTH_PATH, "/readyz")}
${location("/livez", "/livez")}
${location("/readyz", "/readyz")}
  }
}
`;
}

const NGINX = `/usr/sbin/nginx -c ${paths.healthProxyConfig} -e stderr`;

/** Replaces the distribution's nginx.service. */
export function healthProxyUnit(): string {
  return renderUnit({
    Unit: {
      Description: "Health proxy for the load balancer (nginx)",
      Documentation: "man:nginx(8)",
      After: "network-online.target",
      Wants: "network-online.target",
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      User: users.healthProxy,
      ExecStart: NGINX,
      ExecReload: `${NGINX} -s reload`,
      Restart: "always",
      RestartSec: 1,
      RuntimeDirectory: "health-proxy",
      ...hardening({
        code: ["/usr/sbin/nginx", "/usr/lib"],
        reads: [directories.kubernetes],
        hidden: ["/etc/etcd"],
        // To listen on port 80.
        capability: "CAP_NET_BIND_SERVICE",
      }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
}
