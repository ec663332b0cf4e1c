import { authorities, AuthorityName } from "../../node/certificates";
import { Authority } from "./Authority";
import { Lifetimes } from "./lifetimes";

export type Authorities = Record<AuthorityName, Authority>;

/** The certificate authorities of a cluster. None of them trusts another. */
export function makeAuthorities(lifetimes: Lifetimes): Authorities {
  const make = (name: AuthorityName) => {
    const { commonName } = authorities[name];
    return new Authority(commonName, { commonName, lifetimes });
  };
  return { kubernetes: make("kubernetes"), etcd: make("etcd"), frontProxy: make("frontProxy") };
}
