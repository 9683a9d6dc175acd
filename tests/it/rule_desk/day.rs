//! The officer's day in a real browser, on the demo: two people who cannot program add a word, see what it would take
//! off, sign, and find it gone from the public pages.

use std::time::{Duration, Instant};

use super::chromium::Chromium;
use crate::browser::serve;
use crate::demo::folder;

/// A word of one public notice of the demo.
const WORD: &str = "橘海公园";

#[test]
fn two_officers_add_a_word_and_what_it_hits_is_gone() {
    let data = folder("officers");
    let Some(mut browser) = Chromium::start(&data.join("profile")) else {
        println!("skipped: no Chromium is installed; tests/run installs it");
        return;
    };
    let serving = serve(&data.join("demo"));
    let login = serving.console.clone();
    let console = login.trim_end_matches("/login").to_owned();
    let search = format!("{}search?q=%E6%A9%98%E6%B5%B7%E5%85%AC%E5%9B%AD", serving.portal);
    browser.go(&search);
    browser.sees("公交班次");

    let enter = |browser: &mut Chromium, account: &str, password: &str| {
        browser.go(&login);
        browser.types("account", account);
        browser.types("password", password);
        browser.presses("登录");
        browser.sees("保密员");
    };
    enter(&mut browser, "baomi", "Xinan-demo-2010");
    browser.presses("规则");
    browser.sees("公文密级标志");
    browser.keeps("rules");
    browser.presses("未公示的干部人选");
    browser.sees("拟任人选公示");
    browser.keeps("rule");

    // a word, in plain words
    browser.presses("返回规则");
    browser.presses("加一个词");
    browser.types("words", "的");
    browser.presses("试算");
    browser.sees("只有一个字");
    browser.types("words", WORD);
    browser.chooses("level", "工作秘密");
    browser.chooses("action", "阻断");
    browser.types("source", "演示用");
    browser.keeps("add");
    browser.presses("试算");
    browser.sees("增加词「橘海公园」");
    assert!(!browser.address().contains('%'), "the word does not stand in the address");
    browser.sees("能识破");
    browser.sees("会从网站撤下");
    let page = browser.text();
    assert!(page.contains("已发布信息中命中\n1 条") || page.contains("已发布信息中命中\t1 条"), "{page}");
    browser.keeps("trial");
    browser.types("note", "演示：新的代称");
    browser.types("password", "falsch");
    browser.presses("提请批准");
    browser.sees("口令不正确");
    browser.types("password", "Xinan-demo-2010");
    browser.presses("提请批准");
    browser.sees("要由另一名保密员批准");
    browser.keeps("proposed");
    let proposal = browser.address().split('?').next().unwrap().to_owned();
    browser.presses("退出登录");

    // the second officer
    enter(&mut browser, "baomi2", "Xinan-demo-2013");
    browser.go(&format!("{console}/rules"));
    browser.sees("演示：新的代称");
    browser.keeps("waiting");
    browser.go(&proposal);
    browser.sees("增加词「橘海公园」");
    browser.sees("会从网站撤下");
    browser.keeps("proposal");
    browser.types("password", "Xinan-demo-2013");
    let approved = Instant::now();
    browser.presses("批准并生效");
    browser.sees("已批准并生效");
    browser.keeps("approved");
    loop {
        browser.go(&search);
        if !browser.text().contains("公交班次") {
            break;
        }
        assert!(approved.elapsed() < Duration::from_secs(60), "still public: {}", browser.text());
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("gone from the public search {:?} after the approval", approved.elapsed());
    browser.go(&format!("{console}/rules"));
    browser.sees("重新筛查已完成");
    browser.sees("已撤下 1");
    browser.sees("双方签名有效");
    browser.keeps("done");
    browser.go(&format!("{console}/rules/history"));
    browser.sees("增加词「橘海公园」");
    browser.keeps("history");
}
