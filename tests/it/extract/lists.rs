//! List pages, feeds and sitemaps.

use std::collections::HashSet;

use menhu::extract::{PageInput, listing};
use menhu::model::Profile;

use super::{data, file, labels, squeeze, text};

#[test]
fn list_pages() {
    let Some(folder) = data("gov-html/lists") else { return };
    let (mut right, mut got_all, mut wanted_all) = (0, 0, 0);
    for label in labels(&folder, "labels.json").as_array().unwrap() {
        let name = text(label, "file").unwrap();
        let url = text(label, "url").or_else(|| text(label, "base_url")).unwrap_or("http://a.gov.cn/");
        let got = listing(
            &PageInput { bytes: &file(&folder.join(name)), url, content_type: None, pinned_charset: None },
            Profile::Auto,
        );
        println!("{name}: {:?} {} items, {} pages, total {:?}", got.kind, got.items.len(), got.pages.len(), got.total);
        let Some(items) = label.get("items").and_then(|items| items.as_array()) else {
            got.items.iter().take(3).for_each(|item| println!("  {item:?}"));
            continue;
        };
        let key = |title: &str, url: &str, date: &str| format!("{} {url} {date}", squeeze(title));
        let wanted: HashSet<String> = items
            .iter()
            .map(|item| key(text(item, "title").unwrap(), text(item, "url").unwrap(), text(item, "date").unwrap_or("")))
            .collect();
        let found: HashSet<String> = got
            .items
            .iter()
            .map(|item| {
                key(&item.title, &item.url, &item.published.map(|when| when.date().to_string()).unwrap_or_default())
            })
            .collect();
        wanted.difference(&found).for_each(|missing| println!("  lacks {missing}"));
        found.difference(&wanted).for_each(|extra| println!("  has {extra}"));
        right += wanted.intersection(&found).count();
        got_all += found.len();
        wanted_all += wanted.len();
    }
    println!("lists: precision {right}/{got_all}, recall {right}/{wanted_all}");
    assert_eq!((right, right), (got_all, wanted_all));
}

#[test]
fn feeds_and_sitemaps() {
    let Some(folder) = data("feeds-sitemaps") else { return };
    let (mut total, mut right, mut maps, mut maps_right) = (0, 0, 0, 0);
    let (mut dates, mut dates_right) = (0, 0);
    for label in labels(&folder, "labels.json").as_array().unwrap() {
        let name = text(label, "file").unwrap();
        let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
        let got = listing(
            &PageInput { bytes: &bytes, url: "http://a.gov.cn/x/", content_type: None, pinned_charset: None },
            Profile::Auto,
        );
        if name.starts_with("sitemaps/") {
            let Some(wanted) = label.get("loc_count").or_else(|| label.get("locs")).and_then(serde_json::Value::as_u64)
            else {
                println!("{name}: {label}");
                continue;
            };
            // The label counts every <loc>, those of pictures too, and knows neither lists of addresses nor feeds.
            let pictures = String::from_utf8_lossy(&bytes).matches("<image:loc>").count() as u64;
            let wanted = wanted - pictures.min(wanted);
            if wanted == 0 {
                continue;
            }
            maps += 1;
            let found = (got.items.len() + got.pages.len()) as u64;
            if found == wanted {
                maps_right += 1
            } else {
                println!("{name}: wanted {wanted}, got {found} {:?} {:?}", got.kind, got.unreadable)
            }
        } else if name.starts_with("feed-rs/") {
            let links = label["peer_links"].as_array().unwrap();
            total += 1;
            let addresses: Vec<&str> = got.items.iter().map(|item| item.url.as_str()).collect();
            let has_all = links.iter().all(|link| link.as_str().is_none_or(|link| addresses.contains(&link)));
            if has_all {
                right += 1
            } else {
                println!(
                    "{name}: wanted {links:?}, got {:?} {:?}",
                    addresses.iter().take(3).collect::<Vec<_>>(),
                    got.unreadable
                )
            }
            let wanted: Vec<_> =
                label["peer_dates"].as_array().into_iter().flatten().filter_map(|date| date.as_str()).collect();
            let found: HashSet<String> = got
                .items
                .iter()
                .filter_map(|item| item.published)
                .map(|when| jiff::Timestamp::from_microsecond(when.instant().0).unwrap().to_string()[..10].to_owned())
                .collect();
            for date in wanted {
                dates += 1;
                if found.contains(date) {
                    dates_right += 1
                } else {
                    println!("{name}: date {date}, got {:?}", found.iter().take(3).collect::<Vec<_>>())
                }
            }
        }
    }
    println!("feeds: links {right}/{total}, dates {dates_right}/{dates}; sitemaps {maps_right}/{maps}");
    assert!(right + 6 >= total && dates_right + 4 >= dates && maps_right == maps);
}
