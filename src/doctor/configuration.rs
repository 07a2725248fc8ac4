//! Whether the settings fit together. Pure.

use url::{Host, Url};

use super::Finding;
use crate::config::Config;

/// What the settings say about how people reach the service.
pub(super) fn check(config: &Config) -> Vec<Finding> {
    let address = config.public_url();
    let Some(url) = Url::parse(&address).ok().filter(Url::has_host) else {
        return vec![Finding::fail("config-url").with("url", &address)];
    };
    let mut findings = vec![Finding::ok("config").with("url", &address).with("listen", &config.server.listen)];
    let here = is_here(&url);
    if config.server.public_url.is_empty() {
        findings.push(Finding::warn("config-no-url").with("url", &address));
    } else if here {
        findings.push(Finding::warn("config-here").with("url", &address));
    } else if url.scheme() != "https" {
        findings.push(Finding::warn("config-http").with("url", &address));
    }
    if url.scheme() == "https" && !config.server.behind_proxy {
        findings.push(Finding::warn("config-proxy"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        findings.push(Finding::fail("config-path").with("url", &address));
    }
    let domain = config.mail.domain();
    if domain == "localhost" || !domain.contains('.') {
        findings.push(Finding::warn("config-from").with("from", &config.mail.from));
    }
    findings
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(url: &str, listen: &str, from: &str) -> Vec<&'static str> {
        let mut config = Config::defaults().unwrap();
        config.server.public_url = url.to_owned();
        config.server.listen = listen.to_owned();
        config.mail.from = from.to_owned();
        check(&config).iter().map(|finding| finding.key).collect()
    }

    #[test]
    fn each_setting_that_does_not_fit_is_named() {
        let from = "普法 <pufa@kj.example.test>";
        let local = "127.0.0.1:8080";
        assert_eq!(keys("https://pufa.example.test", local, from), ["config", "config-proxy"]);
        assert_eq!(keys("http://pufa.example.test", local, from), ["config", "config-http"]);
        assert_eq!(keys("", local, from), ["config", "config-no-url"]);
        assert_eq!(keys("http://[::1]:8080", local, from), ["config", "config-here"]);
        assert_eq!(keys("http://", local, from), ["config-url"]);
        assert_eq!(keys("http://pufa.example.test/app", local, from), ["config", "config-http", "config-path"]);
        assert_eq!(keys("http://pufa.example.test", local, "pufa@localhost"), ["config", "config-http", "config-from"]);
    }
}
