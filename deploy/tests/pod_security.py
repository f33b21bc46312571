"""The Pod Security Standards of Kubernetes (v1.33, Linux): what a pod does that a level forbids.

Written after https://kubernetes.io/docs/concepts/security/pod-security-standards/, control by control."""

BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
    "SETUID", "SYS_CHROOT",
}
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def containers(pod: dict) -> list[dict]:
    return [one for kind in ("initContainers", "containers", "ephemeralContainers") for one in pod.get(kind, [])]


def violations(level: str, pod: dict) -> set[tuple[str, str]]:
    """Container (empty for the pod) and control."""
    found = set()
    if level == "privileged":
        return found
    whole = pod.get("securityContext", {})
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            found.add(("", name))
    if any("hostPath" in volume for volume in pod.get("volumes", [])):
        found.add(("", "hostPath"))
    if any(one["name"] not in SAFE_SYSCTLS for one in whole.get("sysctls", [])):
        found.add(("", "sysctls"))
    for scope, context in [("", whole)] + [(one["name"], one.get("securityContext", {})) for one in containers(pod)]:
        selinux = context.get("seLinuxOptions", {})
        if selinux.get("type", "") not in SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
            found.add((scope, "seLinuxOptions"))
        if context.get("seccompProfile", {}).get("type") == "Unconfined":
            found.add((scope, "seccompProfile"))
        if context.get("appArmorProfile", {}).get("type") == "Unconfined":
            found.add((scope, "appArmorProfile"))
        if context.get("windowsOptions", {}).get("hostProcess"):
            found.add((scope, "hostProcess"))
    for one in containers(pod):
        context = one.get("securityContext", {})
        if context.get("privileged"):
            found.add((one["name"], "privileged"))
        if set(context.get("capabilities", {}).get("add", [])) - BASELINE_CAPABILITIES:
            found.add((one["name"], "capabilities.add"))
        if context.get("procMount", "Default") != "Default":
            found.add((one["name"], "procMount"))
        if any(port.get("hostPort") for port in one.get("ports", [])):
            found.add((one["name"], "hostPort"))
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            action = one.get(probe, {})
            if action.get("tcpSocket", {}).get("host") or action.get("httpGet", {}).get("host"):
                found.add((one["name"], "probe host"))
    if level == "restricted":
        found |= _restricted(pod, whole)
    return found


def _restricted(pod: dict, whole: dict) -> set[tuple[str, str]]:
    found = set()
    if any(not set(volume) & VOLUMES for volume in pod.get("volumes", [])):
        found.add(("", "volumes"))
    for one in containers(pod):
        context = one.get("securityContext", {})
        capabilities = context.get("capabilities", {})
        if context.get("allowPrivilegeEscalation") is not False:
            found.add((one["name"], "allowPrivilegeEscalation"))
        if not context.get("runAsNonRoot", whole.get("runAsNonRoot")):
            found.add((one["name"], "runAsNonRoot"))
        if context.get("runAsUser", whole.get("runAsUser")) == 0:
            found.add((one["name"], "runAsUser"))
        profile = context.get("seccompProfile", whole.get("seccompProfile", {})).get("type")
        if profile not in ("RuntimeDefault", "Localhost"):
            found.add((one["name"], "seccompProfile"))
        if "ALL" not in capabilities.get("drop", []):
            found.add((one["name"], "capabilities.drop"))
        if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
            found.add((one["name"], "capabilities.add"))
    return found
