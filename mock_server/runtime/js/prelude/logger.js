// The logger.

function $nkLogger(fields, isShared) {
  const logger = {fields};
  const write = (level) => function (...values) {
    if (typeof values[0] !== "string") { throw new NativeTypeError("invalid format argument: must be a string"); }
    host("$log", stringify($nkEncode([level, values[0], values.slice(1), fields])));
  };
  for (const level of ["info", "warn", "error", "debug"]) { logger[level] = write(level); }
  const withAll = (more) => {
    const all = isShared ? fields : {...fields};
    for (const name of keys(more)) { all[name] = more[name]; }
    return $nkLogger(all, true);
  };
  logger.withField = function (key, value) {
    if (typeof key !== "string") { throw new NativeTypeError("key argument must be a string"); }
    if (typeof value !== "string") { throw new NativeTypeError("value argument must be a string"); }
    return withAll({[key]: value});
  };
  logger.withFields = function (more) {
    if (more === null || typeof more !== "object" || isArray(more)) { throw new NativeTypeError("argument must be a map"); }
    return withAll(more);
  };
  logger.getFields = function () { return fields; };
  for (const name of keys(logger)) { defineProperty(logger, name, {writable: false, configurable: false}); }
  return logger;
}
