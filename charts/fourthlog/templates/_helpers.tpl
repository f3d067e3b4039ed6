{{- define "fourthlog.labels" -}}
app.kubernetes.io/part-of: fourthlog
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "fourthlog.image" -}}
{{ .root.Values.image.repository }}/fourthlog-{{ .name }}:{{ .root.Values.image.tag }}
{{- end }}

{{/* The sensors' pods, which the operator makes. */}}
{{- define "fourthlog.sensors" -}}
matchLabels: {app.kubernetes.io/component: sensor}
matchExpressions: [{key: fourthlog.io/namespace, operator: Exists}]
{{- end }}

{{/* What no container of ours needs. */}}
{{- define "fourthlog.restricted" -}}
runAsNonRoot: true
runAsUser: 65532
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* What the operator is told at its start: OperatorConfig. */}}
{{- define "fourthlog.operatorConfig" -}}
systemNamespace: {{ .Release.Namespace }}
cluster: {{ .Values.clusterName | quote }}
collectorUrl: https://trail.{{ .Release.Namespace }}.svc.cluster.local:8443
metricsPort: 9464
leaderElection: true
sensor:
  isolation: {{ .Values.sensor.isolation }}
  sysAdmin: {{ .Values.sensor.sysAdmin }}
  namespaceNodeSelectors: {{ .Values.sensor.namespaceNodeSelectors }}
  image: {{ include "fourthlog.image" (dict "root" . "name" "sensor") }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  imagePullSecrets: {{- toYaml .Values.image.pullSecrets | nindent 4 }}
  hostPath: {{ .Values.sensor.hostPath }}
  resources: {{- toYaml .Values.sensor.resources | nindent 4 }}
  nodeSelector: {{- toYaml .Values.sensor.nodeSelector | nindent 4 }}
  tolerations: {{- toYaml .Values.sensor.tolerations | nindent 4 }}
  {{- with .Values.sensor.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
capture:
  dataAccess:
    exclude: {{- toYaml .Values.capture.dataAccess.exclude | nindent 6 }}
{{- if .Values.webhook.enabled }}
webhook: {port: {{ .Values.webhook.port }}, service: fourthlog-operator}
{{- end }}
{{- if .Values.reports.openreports.enabled }}
openreports: {seconds: {{ .Values.reports.openreports.seconds }}}
{{- end }}
{{- end }}
