import type { FastifyInstance } from "fastify";
import { Cloud } from "../../engine/cloud";
import { registerKind } from "../kind";
import { accessConfigRoutes } from "./accessConfigs";
import { guestRoutes } from "./guest";
import { instances } from "./kind";
import { lifecycleRoutes } from "./lifecycle";
import { methodRoutes } from "./methods";

export function instanceRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, instances);
  lifecycleRoutes(app, cloud);
  methodRoutes(app, cloud);
  accessConfigRoutes(app, cloud);
  guestRoutes(app, cloud);
}
