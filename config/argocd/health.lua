-- Tells Argo CD how an AgentAuditPolicy, a RedactionProfile or a RetentionTier is, from its conditions (docs/gitops.md).
-- Degraded: only an edit mends it, or its sensors refuse it or are silent. Progressing: it becomes true by itself.

local function condition(type)
  for _, each in ipairs(obj.status.conditions) do
    if each.type == type then
      return each
    end
  end
end

local function first_that_fails()
  for _, type in ipairs({"Accepted", "ResolvedRefs", "Programmed", "Ready"}) do
    local each = condition(type)
    if each and each.status ~= "True" then
      return each
    end
  end
end

if not obj.status or not obj.status.conditions then
  return {status = "Progressing", message = "Waiting for the operator to see it."}
end
if obj.status.observedGeneration and obj.status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "Waiting for the operator to see its last edit."}
end

local failing = first_that_fails()
local stalled = condition("Stalled")
if stalled and stalled.status == "True" then
  return {status = "Degraded", message = failing and failing.message or stalled.message}
end
if not failing then
  local ready = condition("Ready")
  if ready then
    return {status = "Healthy", message = ready.message}
  end
  return {status = "Progressing", message = "Waiting for the operator to say that it is ready."}
end
if failing.reason == "SensorSilent" or failing.reason == "ConfigRefused" then
  return {status = "Degraded", message = failing.message}
end
return {status = "Progressing", message = failing.message}
