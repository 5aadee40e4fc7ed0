/* Starts Swagger UI on the description beside this page. */
window.ui = window.SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).pathname,
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
