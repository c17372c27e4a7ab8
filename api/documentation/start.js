"use strict";

SwaggerUIBundle({
  url: "openapi.json", // relative to /docs, so that a path prefix of a proxy does no harm
  dom_id: "#swagger-ui",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
  layout: "BaseLayout",
  validatorUrl: null,
});
