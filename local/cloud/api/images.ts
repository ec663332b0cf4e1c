/** Routes for the public images. Projects cannot have images of their own. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Image, IMAGE_PROJECT, imageByFamily, imageByName, IMAGES } from "../catalog/images";
import { fingerprint } from "../state/fingerprint";
import { notFound } from "./errors";
import { API, placeOf } from "./kind";
import { link } from "./links";
import { list } from "./listing";

function renderImage(image: Image) {
  const path = `projects/${IMAGE_PROJECT}/global/images/${image.name}`;
  return {
    kind: "compute#image",
    id: image.id,
    creationTimestamp: image.creationTimestamp,
    name: image.name,
    description: image.description,
    family: image.family,
    architecture: image.architecture,
    sourceType: "RAW",
    status: "READY",
    archiveSizeBytes: "1073741824",
    diskSizeGb: String(image.diskSizeGb),
    labelFingerprint: fingerprint({}),
    selfLink: link(path),
  };
}

export function imageRoutes(app: FastifyInstance): void {
  const images = `${API}/projects/:project/global/images`;
  const projectOf = (request: FastifyRequest) => placeOf(request, "global").project;
  const nameIn = (request: FastifyRequest) => (request.params as { name: string }).name;
  const imagePath = (request: FastifyRequest) => `projects/${projectOf(request)}/global/images`;
  app.get(images, (request) => {
    const items = projectOf(request) === IMAGE_PROJECT ? IMAGES.map(renderImage) : [];
    return list("compute#image", imagePath(request), items, request.query);
  });
  app.get(`${images}/:name`, (request) => {
    const image = projectOf(request) === IMAGE_PROJECT ? imageByName(nameIn(request)) : undefined;
    if (!image) throw notFound(`${imagePath(request)}/${nameIn(request)}`);
    return renderImage(image);
  });
  app.get(`${images}/family/:name`, (request) => {
    const image = projectOf(request) === IMAGE_PROJECT ? imageByFamily(nameIn(request)) : undefined;
    if (!image) throw notFound(`${imagePath(request)}/family/${nameIn(request)}`);
    return renderImage(image);
  });
}
